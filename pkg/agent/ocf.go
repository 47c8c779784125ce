package agent

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ocfAgents are the agents for which an OCF agent does the work, if one is installed: here is only
// what the original's wrappers do, the arguments of a haresources word as parameters (agents
// spec 1.4).
//
//	Raid1::/etc/mdadm.conf::/dev/md0   ->   OCF_RESKEY_raidconf=/etc/mdadm.conf
//	                                        OCF_RESKEY_raiddev=/dev/md0
//	                                        /usr/lib/ocf/resource.d//heartbeat/Raid1 start
func ocfAgents() []Native {
	named := func(prefix string) func([]string) string {
		return func(args []string) string { return prefix + word0(args, "") }
	}
	return []Native{
		{Name: "AudibleAlarm", Least: 1, Answers: true, Usage: "Usage: $0 [node1 node2 ... ]" + operations, Do: byOCF(nodeList),
			Complaint: func(int) string {
				return "Usage: $0 [node1 node2 ... ]" + operations + "\n" + noAction + "\n"
			}},
		{Name: "ICP", Least: 3, Most: 3, Usage: "usage: $0 <ICP cluster drive ID> <device>" + operations, Do: byOCF(params("driveid", "device")), Instance: named("ICP_")},
		{Name: "LVM", Least: 2, Most: 2, Usage: "usage: $0 <LVM-configuration file>" + operations, Do: byOCF(params("volgrpname"))},
		{Name: "LinuxSCSI", Least: 2, Most: 2, Usage: "usage: $0  <host>:<channel>:<target>[:<lun>]" + operations, Do: byOCF(params("scsi")), Instance: named("LinuxSCSI_")},
		{Name: "Raid1", Least: 3, Most: 3, Answers: true, Usage: "usage: $0 <raidtab_config_file> <md_dev_name>" + operations, Do: byOCF(params("raidconf", "raiddev")), Instance: named("Raid1_")},
		{Name: "ServeRAID", Least: 3, Most: 3, Usage: "usage: $0 <serveraid#> <sharedmergegroup#>" + operations, Do: byOCF(params("serveraid", "mergegroup")), Instance: named("ServeRAID_")},
		{Name: "WAS", Least: 1, Most: 2, Usage: wasUsage, Do: byOCF(wasParams)},
		{Name: "WinPopup", Least: 1, Most: 2, Usage: "Usage: $0 [workstationfile]" + operations, Do: byOCF(winPopupParams),
			Complaint: func(words int) string {
				if words < 1 {
					return ""
				}
				return fmt.Sprintf("Additional parameters found: %d but only 2 are allowed!\n", words)
			}},
		{Name: "Xinetd", Least: 2, Most: 2, Usage: "Usage: $0 <xinetd-service-name>" + operations, Do: byOCF(params("service"))},
		{Name: "apache", Least: 1, Most: 2, Usage: "usage: $0 [config-file-pathname]" + operations, Do: byOCF(params("configfile")), Instance: named("apache_")},
		{Name: "db2", Least: 2, Most: 2, Usage: "usage: $0 db2-database-owner-id" + operations, Do: byOCF(params("instance")), Instance: named("db2_")},
		{Name: "ids", Least: 1, Most: 4, Usage: "usage: $0 [<INFORMIXDIR> <INFORMIXSERVER> <ONCONFIG>]" + operations, Do: byOCF(idsParams), Instance: idsInstance},
		{Name: "OCF", Least: 3, Most: 3, Usage: ocfUsage, OnStderr: true, Plain: true, Do: ocfByName},
	}
}

const wasUsage = `For the single server edition of WAS:
usage: $0 [<WAS-configuration file>]` + operations + `

For the advanced edition of WAS:
usage: $0 [<WAS-(snoop)-port-number>]` + operations

// parameters makes name=value of the arguments; an error is said on standard output, and the
// usage after it.
type parameters func(args []string) ([]string, error)

// params gives the arguments names in order; those left out have none.
func params(names ...string) parameters {
	return func(args []string) ([]string, error) {
		var set []string
		for i, arg := range args {
			set = append(set, names[i]+"="+arg)
		}
		return set, nil
	}
}

func nodeList(args []string) ([]string, error) {
	return []string{"nodelist=" + strings.Join(args, " ")}, nil
}

func winPopupParams(args []string) ([]string, error) {
	return []string{"hostfile=" + word0(args, "hosts")}, nil
}

func wasParams(args []string) ([]string, error) {
	arg := word0(args, "")
	if arg == "" {
		return nil, nil
	}
	if _, err := os.Stat(arg); err == nil {
		return []string{"config=" + arg}, nil
	}
	if strings.Trim(arg, "0123456789") != "" {
		//lint:ignore ST1005 the line as users know it
		return nil, fmt.Errorf("ERROR: %s is neither a WAS configuration file nor a valid port number!", arg)
	}
	return []string{"port=" + arg}, nil
}

func idsParams(args []string) ([]string, error) {
	if len(args) != 0 && len(args) != 3 {
		return nil, fmt.Errorf("")
	}
	return params("informixdir", "informixserver", "onconfig")(args)
}

func idsInstance(args []string) string {
	if len(args) < 2 {
		return "ids_"
	}
	return "ids_" + args[1]
}

// byOCF runs the OCF agent of the same name.
func byOCF(of parameters) func(context.Context, *Job, string) int {
	return func(ctx context.Context, j *Job, op string) int {
		set, err := of(j.Args)
		if err != nil {
			if err.Error() != "" {
				j.print("%v", err)
			}
			j.print("%s", strings.ReplaceAll(j.Agent.Usage, "$0", j.Script))
			return saidAll
		}
		path := j.Agent.path(j.Host)
		if executable(path) != nil {
			say(j.Host, j.Logs(path, j.Instance), "ERROR: "+path+" is not an executable file ")
			return saidAll
		}
		env := ocfEnv(j.OCFRoot, j.Agent.Name, j.Instance)
		for _, p := range set {
			env = append(env, "OCF_RESKEY_"+p)
		}
		said, code, err := j.run(ctx, command{name: path, args: []string{op}, env: env})
		io.WriteString(j.Stdout, said)
		if err != nil {
			return j.fail(generic, "%v", err)
		}
		return code
	}
}

func ocfEnv(root, kind, instance string) []string {
	return []string{
		"OCF_RA_VERSION_MAJOR=1", "OCF_RA_VERSION_MINOR=0", "OCF_ROOT=" + root,
		"OCF_TYPE=" + kind, "OCF_RESOURCE_INSTANCE=" + instance,
	}
}

const ocfUsage = `usage: $0 OCF-resource-name OCF-instance-name operation-name

OCF-resource-name is the name of an OCF-compliant resource agent
script found under an immediate subdirectory of /usr/lib/ocf/resource.d/

OCF-instance-name is the name of an instance of OCF-resource-name.
It corresponds to an instance conf file named
/etc/ha.d/conf/OCF/OCF-resource-name/OCF-instance-name

operation-name is one of:
start
stop
status
monitor`

// ocfByName is the agent OCF: any OCF agent, with the parameters of a file. The original looks in
// the wrong directory and never finds one (agents spec 1.4); this does what was meant.
//
//	OCF::Dummy::d1    /usr/lib/ocf/resource.d/*/Dummy with /etc/ha.d/conf/OCF/Dummy/d1
func ocfByName(ctx context.Context, j *Job, op string) int {
	kind, instance := j.Args[0], j.Args[1]
	conf := filepath.Join(or(j.Env("HA_CONFDIR"), "/etc/ha.d/conf"), "OCF", kind, instance)
	path, ok := j.findOCF(kind)
	set, err := readInstance(conf)
	if !ok || err != nil || strings.Contains(kind+instance, "/") {
		if ok && err != nil {
			fmt.Fprintln(j.Stderr, err)
		}
		fmt.Fprintln(j.Stderr, strings.ReplaceAll(j.Agent.Usage, "$0", j.Script))
		return generic
	}
	switch op {
	case "start", "stop":
	case "status":
		set = append(set, "OCF_STATUS_QOS=0")
	case "monitor":
		set = append(set, "OCF_STATUS_QOS=10")
	default:
		fmt.Fprintln(j.Stderr, strings.ReplaceAll(j.Agent.Usage, "$0", j.Script))
		return generic
	}
	said, code, err := j.run(ctx, command{name: path, args: []string{op}, env: append(ocfEnv(j.OCFRoot, kind, instance), set...)})
	io.WriteString(j.Stdout, said)
	if err != nil {
		return j.fail(generic, "%v", err)
	}
	if op == "status" && !Held([]byte(said)) {
		j.print("OCF Resource %s::%s is %s", kind, instance, map[bool]string{true: "running", false: "stopped"}[code == success])
	}
	return code
}

// findOCF looks for the agent in the directories of all providers, the original's first.
func (j *Job) findOCF(kind string) (string, bool) {
	found, _ := filepath.Glob(j.OCFRoot + "/resource.d/*/" + kind)
	for _, path := range append([]string{j.OCFRoot + "/resource.d/heartbeat/" + kind}, found...) {
		if executable(path) == nil {
			return path, true
		}
	}
	return "", false
}

// readInstance reads the parameters of an instance: lines name=value, quotes as in a shell, and
// comments. A name that is not one of OCF's or heartbeat's own is a parameter of the agent too.
func readInstance(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var set []string
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := assignment(line)
		if !ok {
			return nil, fmt.Errorf("%s:%d: not name=value: %s", path, number, line)
		}
		set = append(set, name+"="+value)
		if !strings.HasPrefix(name, "OCF_") && !strings.HasPrefix(name, "HA_") {
			set = append(set, "OCF_RESKEY_"+name+"="+value)
		}
	}
	return set, nil
}

// assignment reads one name=value: a value in single or double quotes, or up to a comment. No environment
// can hold a NUL.
func assignment(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(strings.TrimPrefix(line, "export "), "=")
	name = strings.TrimSpace(name)
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
	if !ok || name == "" || strings.Trim(name, letters) != "" || strings.Contains("0123456789", name[:1]) {
		return "", "", false
	}
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		inner, rest, closed := strings.Cut(value[1:], value[:1])
		rest = strings.TrimSpace(rest)
		return name, inner, closed && (rest == "" || rest[0] == '#') && !strings.Contains(inner, "\x00")
	}
	value, _, _ = strings.Cut(value, " #")
	value = strings.TrimSpace(value)
	return name, value, !strings.ContainsAny(value, " \t\x00")
}
