package privnet

import "syscall"

// childAttributes makes the kernel kill the child when the thread that started
// it ends. A process group of its own keeps Ctrl-C at a terminal from it: the
// program that owns the network decides about the order in which things end.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
