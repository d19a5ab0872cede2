//go:build !linux

package privnet

import "syscall"

// childAttributes is all that can be done without Linux: tor itself looks
// whether its owner is alive.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{}
}
