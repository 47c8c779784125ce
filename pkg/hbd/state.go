package hbd

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"systole/pkg/halog"
	"systole/pkg/proc"
)

// logger writes a line of the daemon.
type logger func(level halog.Level, text string)

// nextGeneration reads hb_generation, adds one and writes it back before anybody may use it: a
// node that comes back with a lower generation is ignored by its peers (wire spec 4.2).
func nextGeneration(path string, now time.Time, log logger) (uint64, error) {
	gen, err := readGeneration(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		gen = uint64(now.Unix())
		log(halog.Warn, fmt.Sprintf("No Previous generation - starting at %d", gen+1))
	case err != nil:
		gen = uint64(now.Unix())
		log(halog.Warn, fmt.Sprintf("BROKEN previous generation - starting at %d", gen+1))
	}
	gen++
	if err := proc.WriteFile(path, fmt.Appendf(nil, "%15d\n", gen), 0o644); err != nil {
		return 0, fmt.Errorf("generation: %w", err)
	}
	return gen, nil
}

func readGeneration(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 63)
}

// ownUUID reads hb_uuid, or makes one at the first start (wire spec 4.3).
func ownUUID(path string, log logger) (uuid [16]byte, err error) {
	text, err := os.ReadFile(path)
	if err == nil && len(text) == len(uuid) {
		copy(uuid[:], text)
		return uuid, nil
	}
	log(halog.Info, "No uuid found for current node - generating a new uuid.")
	rand.Read(uuid[:])
	uuid[6] = uuid[6]&0x0f | 0x40 // RFC 9562: random, variant 1
	uuid[8] = uuid[8]&0x3f | 0x80
	return uuid, proc.WriteFile(path, uuid[:], 0o644)
}

// uuidFromName derives the uuid of `uuidfrom nodename`: thirty-two hexadecimal digits of the C
// library's rand(), seeded with a hash of the name (wire spec 4.3).
func uuidFromName(name string) (uuid [16]byte, seed int32) {
	seed = int32(int8(name[0]))
	for _, c := range []byte(name[1:]) {
		seed = seed*31 + int32(int8(c))
	}
	digits := glibcRand(uint32(seed), 2*len(uuid))
	for i := range uuid {
		uuid[i] = byte(digits[2*i]%16)<<4 | byte(digits[2*i+1]%16)
	}
	return uuid, seed
}

// glibcRand returns the first n values of rand() after srand(seed): the additive feedback
// generator of random(3) with 31 words of state.
func glibcRand(seed uint32, n int) []uint32 {
	if seed == 0 {
		seed = 1
	}
	r := make([]uint32, 344+n)
	r[0] = seed
	for i := 1; i < 31; i++ {
		word := 16807 * int64(int32(r[i-1])) % 2147483647
		if word < 0 {
			word += 2147483647
		}
		r[i] = uint32(word)
	}
	copy(r[31:34], r[0:3])
	for i := 34; i < len(r); i++ {
		r[i] = r[i-3] + r[i-31]
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = r[344+i] >> 1
	}
	return out
}

// makeDirs makes the directories that a running heartbeat has (tools spec 4.2). rsctmp begins
// every life empty.
func makeDirs(p Paths, account Account) error {
	os.RemoveAll(p.RunDir + "/rsctmp")
	var errs []error
	for _, d := range []struct {
		path     string
		mode     os.FileMode
		uid, gid int
	}{
		{p.StateDir, 0o755, 0, 0},
		{p.StateDir + "/cores", 0o755, 0, 0},
		{p.cores("root"), 0o700, 0, 0},
		{p.cores("hacluster"), 0o700, account.UID, 0},
		{p.RunDir, 0o750, account.UID, account.GID},
		{p.RunDir + "/ccm", 0o750, account.UID, account.GID},
		{p.RunDir + "/crm", 0o750, account.UID, account.GID},
		{p.RunDir + "/dopd", 0o750, account.UID, account.GID},
		{p.RunDir + "/rsctmp", os.ModeSticky | 0o755, 0, 0},
		{p.RscTmp, os.ModeSticky | 0o755, 0, 0},
	} {
		errs = append(errs, makeDir(d.path, d.mode, d.uid, d.gid))
	}
	return errors.Join(errs...)
}

func makeDir(path string, mode os.FileMode, uid, gid int) error {
	if err := os.MkdirAll(path, mode.Perm()); err != nil {
		return err
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(path, uid, gid)
}
