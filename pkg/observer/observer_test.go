package observer

import "testing"

func TestParseHook(t *testing.T) {
	for text, ok := range map[string]bool{
		"/usr/local/sbin/notify": true, "http://h/x?y=1": true, "https://h:8443/": true,
		"notify": false, "": false, "ftp://h/": false, "http:///x": false, "/a b": false, "http://[::1": false,
	} {
		h, err := ParseHook(text)
		if (err == nil) != ok || ok && h.String() != text || ok && (h.Program == "") == (h.URL == "") {
			t.Errorf("%q: %+v, %v", text, h, err)
		}
	}
}

func TestParseListen(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:9694": "127.0.0.1:9694", "[::1]:9694": "[::1]:9694", ":9694": "[::]:9694",
		"9694": "", "": "", ":": "", ":0": "", ":65536": "", "host:9694": "", "127.0.0.1": "", "127.0.0.1:0": "",
	} {
		at, err := ParseListen(text)
		if got := at.String(); err == nil && got != want || err != nil && want != "" {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
}
