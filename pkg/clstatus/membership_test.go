package clstatus

import (
	"bytes"
	"encoding/binary"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"systole/pkg/hbapi"
	"systole/pkg/hbapi/apitest"
)

// ccmFrame is a frame of numbers and names.
func ccmFrame(parts ...any) []byte {
	var body []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			body = binary.NativeEndian.AppendUint32(body, uint32(p))
		case string:
			body = append(body, append([]byte(p), make([]byte, ccmNameSize-len(p))...)...)
		}
	}
	frame := binary.NativeEndian.AppendUint32(nil, uint32(len(body)))
	frame = binary.NativeEndian.AppendUint32(frame, 0xabcd)
	return append(frame, body...)
}

// TestMembership plays ccm. The expected texts are what the original's cl_status printed when the
// same bytes were played to it.
func TestMembership(t *testing.T) {
	nodes := ccmFrame(4, 2, 0, 0, apitest.Node, 1, apitest.Peer)
	const both = "\tinstance 3\n\tmembers 2\n\t\t1 " + apitest.Peer + "\t(born: 1)\n\t\t0 " + apitest.Node + "\t(born: 2)\n\tmember of partition\n"
	for name, c := range map[string]struct {
		frames [][]byte
		want   string
		log    string
	}{
		"with quorum":       {[][]byte{nodes, ccmFrame(2, 2, 3, 1, 0, 2, 1, 1)}, "\nccm membership with quorum\n" + both, ""},
		"without quorum":    {[][]byte{nodes, ccmFrame(2, 2, 3, 0, 0, 2, 1, 1)}, "\nccm membership WITHOUT quorum\n" + both, ""},
		"other frame first": {[][]byte{nodes, ccmFrame(5, 0), ccmFrame(2, 2, 3, 1, 0, 2, 1, 1)}, "\nccm membership with quorum\n" + both, ""},
		"not a member": {[][]byte{nodes, ccmFrame(2, 1, 3, 1, 1, 1)},
			"\nccm membership with quorum\n\tinstance 3\n\tmembers 1\n\t\t1 " + apitest.Peer + "\t(born: 1)\n\tNOT member of partition\n", ""},
		"nobody":     {[][]byte{nodes, ccmFrame(2, 0, 3, 1)}, "\nccm membership with quorum\n\tinstance 3\n\tmembers 0\n\tNOT member of partition\n", ""},
		"evicted":    {[][]byte{nodes, ccmFrame(1, 0, 0, 0)}, "\nccm membership evicted\n", ""},
		"closed":     {nil, "", "problem handling ccm membership event"},
		"garbage":    {[][]byte{[]byte("xxxxxxxxxxxxxxxx")}, "", "problem handling ccm membership event"},
		"stranger":   {[][]byte{nodes, ccmFrame(2, 1, 3, 1, 7, 1)}, "", "problem handling ccm membership event"},
		"short":      {[][]byte{nodes, ccmFrame(2, 9, 3, 1, 0, 1)}, "", "problem handling ccm membership event"},
		"many nodes": {[][]byte{ccmFrame(4, 1<<30, 0)}, "", "problem handling ccm membership event"},
		"no body":    {[][]byte{ccmFrame()}, "", "problem handling ccm membership event"},
	} {
		d := apitest.Start(t, apitest.Pair())
		var stdout, stderr bytes.Buffer
		cmd := command{socket: d.Socket, ccm: playCCM(t, bytes.Join(c.frames, nil)), stdout: &stdout, stderr: &stderr, patience: patience}
		if code := cmd.run([]string{"cl_status", "hbstatus", "-v"}, nil); code != 0 {
			t.Errorf("%s: exit %d", name, code)
		}
		_, rest, _ := strings.Cut(stdout.String(), "managed by:\t\"haresources\"\n")
		got, _, _ := strings.Cut(rest, "\n"+apitest.Ping+"\t")
		if got != c.want || !strings.Contains(stderr.String(), c.log) || (c.log == "") != (stderr.Len() == 0) {
			t.Errorf("%s: %q, want %q; stderr %q", name, got, c.want, &stderr)
		}
	}
}

// playCCM tells one client something, and returns where.
func playCCM(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ccm")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		if client, err := l.Accept(); err == nil {
			client.Write(text)
			client.Close()
		}
	}()
	return path
}

// FuzzMembership: no bytes of ccm make cl_status fall over, and a list is never longer than the
// frame it stands in.
func FuzzMembership(f *testing.F) {
	nodes := ccmFrame(4, 2, 0, 0, apitest.Node, 1, apitest.Peer)
	f.Add(append(nodes, ccmFrame(2, 2, 3, 1, 0, 2, 1, 1)...))
	f.Add(ccmFrame(4, 1<<30, 0))
	f.Add(ccmFrame(2))
	f.Add(ccmFrame(1))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMembership(bytes.NewReader(b))
		if err == nil && len(m.members)*8 > min(len(b), hbapi.MaxBody) {
			t.Errorf("%d members in %d bytes", len(m.members), len(b))
		}
	})
}
