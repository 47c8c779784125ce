#!/bin/sh
/etc/ha.d/resource.d/ldirectord /etc/ha.d/ldirectord.cf reload
