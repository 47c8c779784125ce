package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// EnsureInstalled lays what "make install" of this project installs into a
// directory of build/layers and returns it: the layer of flavour Systole. The
// directory is named by its content, so hosts that lie over an older build keep
// it. Where there is no Go tool chain (in User-Mode Linux) and when
// SYSTOLE_INSTALLED=1 (make test sets it after installing) the layer made last is taken.
func EnsureInstalled(ctx context.Context) (string, error) {
	build, err := BuildDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "layers")
	latest := filepath.Join(dir, "latest")
	if os.Getenv("SYSTOLE_INSTALLED") != "" {
		return filepath.EvalSymlinks(latest)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	fresh := filepath.Join(dir, "new")
	if err := os.RemoveAll(fresh); err != nil {
		return "", err
	}
	if err := runLogged(ctx, filepath.Join(dir, "install.log"), "make", "-C", filepath.Dir(build), "install", "DESTDIR="+fresh); err != nil {
		return "", err
	}
	return adopt(fresh, dir, latest)
}

// adopt renames the fresh tree to the name of its content and points latest at
// it.
func adopt(fresh, dir, latest string) (string, error) {
	sum, err := treeSum(fresh)
	if err != nil {
		return "", err
	}
	layer := filepath.Join(dir, "systole-"+sum[:16])
	if _, err := os.Stat(layer); err == nil {
		os.RemoveAll(fresh)
	} else if err := os.Rename(fresh, layer); err != nil {
		return "", err
	}
	link := latest + ".new"
	os.Remove(link)
	if err := os.Symlink(filepath.Base(layer), link); err != nil {
		return "", err
	}
	return layer, os.Rename(link, latest)
}

// treeSum is the same for trees of the same names, kinds, permissions and
// content.
func treeSum(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q %v\n", path[len(dir):], info.Mode())
		switch {
		case info.Mode().IsRegular():
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(sum, f)
			return err
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			fmt.Fprintf(sum, "%q\n", to)
			return err
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}
