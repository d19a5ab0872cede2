package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// BenchmarkFootprint is what onionbot needs when nothing happens: the size of
// the binary, and of the running daemon, with its console and one warm address,
// the memory and the processor time over a minute. "memory-500" is a process
// of its own with manager, reconciler, database and 500 live instances, whose
// containers and onions are in memory too.
func BenchmarkFootprint(b *testing.B) {
	o := newBot(b, setting{tors: 2, hold: time.Second, warm: true})
	info, err := os.Stat(shared.binary)
	if err != nil {
		b.Fatal(err)
	}
	var idle, torIdle time.Duration
	var memory, torMemory float64
	for b.Loop() {
		o.awaitWarm()
		time.Sleep(5 * time.Second)
		pid, tors := o.cmd.Process.Pid, o.tors()
		before, torsBefore := processorTime(b, pid), torTime(b, tors)
		time.Sleep(time.Minute)
		idle, torIdle = processorTime(b, pid)-before, torTime(b, tors)-torsBefore
		memory, torMemory = residentMB(b, pid), residentMB(b, tors[0])
	}
	full := crowdedMB(b)
	b.ReportMetric(float64(info.Size())/1e6, "binary-MB")
	b.ReportMetric(memory, "idle-MB")
	b.ReportMetric(full, "memory-500-MB")
	b.ReportMetric(100*idle.Seconds()/60, "idle-cpu-%")
	b.ReportMetric(torMemory, "tor-MB")
	b.ReportMetric(100*torIdle.Seconds()/60, "tors-cpu-%")
}

func torTime(b *testing.B, pids []int) (total time.Duration) {
	for _, pid := range pids {
		total += processorTime(b, pid)
	}
	return total
}

// crowdedVariable makes this program be the crowded process.
const crowdedVariable = "ONIONBOT_BENCH_CROWDED"

// crowdedMB starts this program again with a crowd and returns its memory.
func crowdedMB(b *testing.B) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), crowdedVariable+"="+b.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var mb float64
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "crowded %f", &mb); err == nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil || mb == 0 {
		b.Fatalf("crowded process: %v", err)
	}
	return mb
}

// beCrowded fills an engine room, lets it come to rest and says what memory it
// holds.
func beCrowded(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h, err := newEngineRoom(ctx, dir)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.fill(ctx, crowd, func(int) time.Duration { return time.Hour }); err != nil {
		return err
	}
	time.Sleep(10 * time.Second)
	mb, err := resident(os.Getpid())
	if err != nil {
		return err
	}
	_, err = fmt.Printf("crowded %.1f\n", mb)
	return err
}
