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

// installedEnv in the environment says that the layer made last is good: this
// program has made it, or the one that started this, or there is no Go tool chain
// to make one (in User-Mode Linux).
const installedEnv = "SYSTOLE_INSTALLED"

// EnsureInstalled lays what "make install" of this project installs into a
// directory of build/layers and returns it: the layer of flavour Systole. It
// does so once in the life of a program. The directory is named by its content,
// so hosts that lie over an older build keep theirs.
func EnsureInstalled(ctx context.Context) (string, error) {
	build, err := BuildDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "layers")
	if os.Getenv(installedEnv) != "" {
		return filepath.EvalSymlinks(filepath.Join(dir, "latest"))
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
	layer, err := adopt(fresh, dir)
	if err != nil {
		return "", fmt.Errorf("layer of what is installed: %w", err)
	}
	return layer, os.Setenv(installedEnv, "1")
}

// adopt renames the fresh tree to the name of its content and points the link
// latest at it.
func adopt(fresh, dir string) (string, error) {
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
	latest := filepath.Join(dir, "latest")
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
