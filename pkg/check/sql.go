package check

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
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
	for _, connector := range connectors(ctx, env, t) {
		var failure error
		if failure = query(ctx, connector, t.request()); failure == nil {
			return Result{Up: true}
		}
		if err == nil || !errors.Is(failure, errNoTLS) {
			err = failure
		}
		if ctx.Err() != nil || !errors.Is(failure, errNotLetIn) {
			break
		}
	}
	return failed(ctx, err)
}

var (
	errNoRows   = errors.New("no rows")
	errNotLetIn = errors.New("not let in") // another way to the database may do
	errNoTLS    = errors.New("server has no TLS")
)

// refusal is an error of the connect. Only its text counts.
type refusal struct{ error }

func (r refusal) Unwrap() []error { return []error{r.error, errNotLetIn} }

// query runs a statement on a connection of its own.
func query(ctx context.Context, c driver.Connector, statement string) error {
	db := sql.OpenDB(c)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return letIn(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		return nil
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return errNoRows
}

// pgsqlBadPassword is the code of an error that no other way to the database mends.
const pgsqlBadPassword = "28P01"

// letIn makes a refusal of an error of the connect, unless it is final.
func letIn(err error) error {
	var pg *pq.Error
	if errors.As(err, &pg) && pg.Code == pgsqlBadPassword {
		return err
	}
	return refusal{err}
}

// connectors are the ways to reach a database, to be tried in turn.
func connectors(ctx context.Context, env *Env, t Target) []driver.Connector {
	switch t.Virtual.CheckService {
	case "mysql":
		return mysqlConnectors(ctx, env, t)
	case "pgsql":
		return pgsqlConnectors(ctx, env, t)
	}
	return oracleConnectors(ctx, env, t)
}

func mysqlConnectors(ctx context.Context, env *Env, t Target) []driver.Connector {
	cf := mysql.NewConfig()
	cf.User, cf.Passwd, cf.DBName = t.Virtual.Login, t.Virtual.Passwd, t.Virtual.Database
	cf.Net, cf.Addr = "tcp", t.address()
	cf.Logger = &mysql.NopLogger{}
	cf.DialFunc = databaseDialer{ctx, env, gated(mysqlMessage)}.DialContext
	c, err := mysql.NewConnector(cf)
	if err != nil {
		return nil
	}
	return []driver.Connector{c}
}

// pgsqlConnectors go without TLS first and then with it, unverified: the library that the
// original uses prefers TLS and takes what it gets.
func pgsqlConnectors(ctx context.Context, env *Env, t Target) []driver.Connector {
	quote := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }
	dsn := fmt.Sprintf("host=%s port=%s user=%s password=%s sslmode=disable", quote(t.Real.Addr.String()), t.port(),
		quote(t.Virtual.Login), quote(t.Virtual.Passwd))
	if t.Virtual.Database != "" {
		dsn += " dbname=" + quote(t.Virtual.Database)
	}
	var cs []driver.Connector
	for _, ready := range []readiness{gated(pgsqlMessage), pgsqlEncrypted} {
		c, err := pq.NewConnector(dsn)
		if err != nil {
			continue
		}
		c.Dialer(databaseDialer{ctx, env, ready})
		cs = append(cs, c)
	}
	return cs
}

// pgsqlSSLRequest asks for TLS: a length and a number that no version has.
const pgsqlSSLRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"

// pgsqlEncrypted puts TLS on a connection before the library sees it, so that the gate reads
// messages and not records.
func pgsqlEncrypted(ctx context.Context, w *wire) (net.Conn, error) {
	if _, err := io.WriteString(w, pgsqlSSLRequest); err != nil {
		return nil, err
	}
	agreed, err := readFixed(w, 1)
	if err != nil {
		return nil, err
	}
	if agreed[0] != 'S' {
		return nil, errNoTLS
	}
	host, _, err := net.SplitHostPort(w.RemoteAddr().String())
	if err != nil {
		return nil, err
	}
	if err := w.encrypt(ctx, host, "postgresql"); err != nil {
		return nil, err
	}
	return &gate{wire: w, next: pgsqlMessage}, nil
}

// oracleConnectors take database for a service name, then for a SID.
func oracleConnectors(ctx context.Context, env *Env, t Target) []driver.Connector {
	v := t.Virtual
	host, port := t.Real.Addr.String(), t.Real.CheckPort
	var cs []driver.Connector
	for _, url := range []string{
		goora.BuildUrl(host, port, v.Database, v.Login, v.Passwd, nil),
		goora.BuildUrl(host, port, "", v.Login, v.Passwd, map[string]string{"SID": v.Database}),
	} {
		c := goora.NewConnector(url)
		if o, ok := c.(*goora.OracleConnector); ok {
			o.Dialer(databaseDialer{ctx, env, func(_ context.Context, w *wire) (net.Conn, error) {
				return &gate{wire: w, next: new(tns).message}, nil
			}})
		}
		cs = append(cs, c)
	}
	return cs
}

// readiness makes an open connection ready for a library.
type readiness func(ctx context.Context, w *wire) (net.Conn, error)

// gated puts a gate without memory before a library.
func gated(next func(io.Reader) ([]byte, error)) readiness {
	return func(_ context.Context, w *wire) (net.Conn, error) { return &gate{wire: w, next: next}, nil }
}

// databaseDialer gives libraries our connections: bounded, gated, and closed by a reset at the end
// of the check; also those that a library opens of its own accord, to cancel a query, say.
type databaseDialer struct {
	check context.Context
	env   *Env
	ready readiness
}

// Dial connects; libraries call DialContext if there is one.
func (d databaseDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(d.check, network, address)
}

// DialTimeout is Dial: the limit is the check's.
func (d databaseDialer) DialTimeout(network, address string, _ time.Duration) (net.Conn, error) {
	return d.DialContext(d.check, network, address)
}

// DialContext connects. The library's context is not asked: it is the check's, or one that was made
// to outlive it.
func (d databaseDialer) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	w, err := open(d.check, d.env, network, address, bodyMax)
	if err != nil {
		return nil, err
	}
	c, err := d.ready(d.check, w)
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	return c, nil
}
