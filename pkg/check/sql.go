package check

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/lib/pq"
	goora "github.com/sijms/go-ora/v2"
)

// database is the check of mysql, pgsql and oracle (ldirectord spec 9.5): connect to database,
// run request, up if it returns a row. The original has no time limit here; ours is
// negotiatetimeout for the whole.
func database(ctx context.Context, env *Env, t Target) Result {
	if t.Virtual.Login == "" || t.request() == "" {
		return Result{Logs: []string{"Error: Must specify a login and request string for MySQL, Oracle and PostgreSQL checks. " +
			"Not adding " + t.host() + "."}}
	}
	var err error
	for _, connector := range connectors(env, t) {
		if err = query(ctx, connector, t.request()); err == nil {
			return Result{Up: true}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed(ctx, err)
}

var errNoRows = errors.New("no rows")

// query runs a statement on a connection of its own.
func query(ctx context.Context, c driver.Connector, statement string) error {
	db := sql.OpenDB(c)
	defer db.Close()
	db.SetMaxOpenConns(1)
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(rows.Err(), errNoRows)
	}
	return nil
}

// connectors are the ways to reach a database, to be tried in turn.
func connectors(env *Env, t Target) []driver.Connector {
	switch t.Virtual.CheckService {
	case "mysql":
		return mysqlConnectors(env, t)
	case "pgsql":
		return pgsqlConnectors(env, t)
	}
	return oracleConnectors(env, t)
}

func mysqlConnectors(env *Env, t Target) []driver.Connector {
	cf := mysql.NewConfig()
	cf.User, cf.Passwd, cf.DBName = t.Virtual.Login, t.Virtual.Passwd, t.Virtual.Database
	cf.Net, cf.Addr = "tcp", t.address()
	cf.Logger = &mysql.NopLogger{}
	cf.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return open(ctx, env, network, address, bodyMax)
	}
	c, err := mysql.NewConnector(cf)
	if err != nil {
		return nil
	}
	return []driver.Connector{c}
}

// pgsqlConnectors go without TLS first and then with it, unverified: the library that the
// original uses prefers TLS and takes what it gets.
func pgsqlConnectors(env *Env, t Target) []driver.Connector {
	quote := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }
	var cs []driver.Connector
	for _, mode := range []string{"disable", "require"} {
		dsn := fmt.Sprintf("host=%s port=%s user=%s password=%s sslmode=%s", quote(t.Real.Addr.String()), t.port(),
			quote(t.Virtual.Login), quote(t.Virtual.Passwd), mode)
		if t.Virtual.Database != "" {
			dsn += " dbname=" + quote(t.Virtual.Database)
		}
		c, err := pq.NewConnector(dsn)
		if err != nil {
			continue
		}
		c.Dialer(limitedDialer{env})
		cs = append(cs, c)
	}
	return cs
}

// oracleConnectors take database for a service name, then for a SID.
func oracleConnectors(env *Env, t Target) []driver.Connector {
	v := t.Virtual
	host, port := t.Real.Addr.String(), t.Real.CheckPort
	var cs []driver.Connector
	for _, url := range []string{
		goora.BuildUrl(host, port, v.Database, v.Login, v.Passwd, nil),
		goora.BuildUrl(host, port, "", v.Login, v.Passwd, map[string]string{"SID": v.Database}),
	} {
		c := goora.NewConnector(url)
		if o, ok := c.(*goora.OracleConnector); ok {
			o.Dialer(limitedDialer{env})
		}
		cs = append(cs, c)
	}
	return cs
}

// limitedDialer gives libraries our connections: bounded, and closed by a reset.
type limitedDialer struct{ env *Env }

// Dial connects without a limit of its own; the libraries call DialContext.
func (d limitedDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout is Dial with a limit for the connect.
func (d limitedDialer) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext connects; the connection obeys the context.
func (d limitedDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return open(ctx, d.env, network, address, bodyMax)
}
