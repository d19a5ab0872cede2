package backup_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"onionbot/backup"
)

const killedHere = "ONIONBOT_TEST_BACKUP"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedHere); path != "" {
		halfWay(path)
	}
	os.Exit(m.Run())
}

// halfWay writes a part of a backup, says so and waits to be killed.
func halfWay(path string) {
	own, err := age.GenerateX25519Identity()
	if err == nil {
		err = backup.Write(context.Background(), path, own.Recipient(), func(a *backup.Archive) error {
			err := a.AddBytes("a", make([]byte, 1<<20))
			fmt.Println("half way")
			_, _ = os.Stdin.Read(make([]byte, 1))
			return err
		})
	}
	fmt.Println("was not killed:", err)
	os.Exit(1)
}

func TestAKilledBackupLeavesNoHalfFileUnderItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killedHere+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "half way\n" {
		t.Errorf("it said %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("half a backup has its name, %v", err)
	}
	to, with := pair(t)
	err = backup.Write(t.Context(), path, to, func(a *backup.Archive) error { return a.AddBytes("a", []byte("x")) })
	if err != nil {
		t.Fatalf("the next one: %v", err)
	}
	if err := backup.Extract(t.Context(), path, with, t.TempDir()); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("beside it are %v", left)
	}
}
