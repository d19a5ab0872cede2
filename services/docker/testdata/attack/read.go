package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// readAll prints every readable file below the folders, a line each: its path,
// a tab, its first bytes in quotes.
func readAll(roots []string) {
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil //nolint:nilerr // what cannot be read is not of interest
			case e.IsDir() && otherProcess(path):
				return fs.SkipDir
			case e.Type() == fs.ModeSymlink:
				target, _ := os.Readlink(path)
				fmt.Printf("%s\t%q\n", path, target)
			case e.Type().IsRegular():
				fmt.Printf("%s\t%q\n", path, head(path))
			}
			return nil
		})
	}
	fmt.Printf("environment\t%q\n", os.Environ())
	var u unix.Utsname
	_ = unix.Uname(&u)
	fmt.Printf("domain\t%q\n", unix.ByteSliceToString(u.Nodename[:])+"."+unix.ByteSliceToString(u.Domainname[:]))
	fmt.Println("DONE")
}

// otherProcess reports whether a folder is a process's but PID 1's and ours,
// or says again what is said elsewhere.
func otherProcess(path string) bool {
	rest, ok := strings.CutPrefix(path, "/proc/")
	if !ok {
		return false
	}
	pid, err := strconv.Atoi(rest)
	return (err == nil && pid != 1 && pid != os.Getpid()) ||
		strings.HasSuffix(rest, "/task") || strings.HasSuffix(rest, "/map_files")
}

// head reads the beginning of a file that may keep its reader waiting.
func head(path string) []byte {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	_ = f.SetReadDeadline(time.Now().Add(time.Second))
	data, _ := io.ReadAll(io.LimitReader(f, 256<<10))
	return data
}
