package docker

import "strings"

// maskedPaths are files and folders that a container sees empty. Those that
// do not exist on a host are passed over by the engine.
//
// They are the engine's own, which a list replaces, and whatever names the
// host, its disks, its cards or its boot, or counts what happens on all of it:
// two containers that read the same value there would know that they share a
// host. What an app needs stays: its processes and network, the memory, load
// and time since boot (system calls tell those as well), settings of the
// kernel, the cgroup.
func maskedPaths() []string {
	return strings.Fields(`
		/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug
		/proc/scsi /proc/timer_list /proc/timer_stats /sys/firmware

		/proc/bootconfig /proc/cmdline /proc/config.gz /proc/version /proc/version_signature
		/proc/cpu /proc/cpuinfo /proc/bus /proc/driver /proc/devices /proc/misc /proc/fb
		/proc/dma /proc/iomem /proc/ioports /proc/irq /proc/mtrr /proc/consoles
		/proc/diskstats /proc/partitions /proc/mdstat /proc/swaps /proc/ide /proc/fs /proc/spl
		/proc/buddyinfo /proc/pagetypeinfo /proc/slabinfo /proc/vmallocinfo /proc/vmstat /proc/zoneinfo
		/proc/interrupts /proc/softirqs /proc/schedstat /proc/pressure /proc/locks
		/proc/modules /proc/kallsyms /proc/kmsg /proc/kpagecgroup /proc/kpagecount /proc/kpageflags
		/proc/key-users /proc/cgroups /proc/crypto /proc/dynamic_debug /proc/execdomains /proc/xen

		/proc/sys/kernel/random/boot_id /proc/sys/kernel/core_pattern /proc/sys/dev /proc/sys/sunrpc
		/proc/sys/fs/binfmt_misc /proc/sys/fs/dentry-state /proc/sys/fs/file-nr
		/proc/sys/fs/inode-nr /proc/sys/fs/inode-state

		/sys/block /sys/bus /sys/class /sys/dev /sys/devices /sys/hypervisor /sys/kernel /sys/module /sys/power
		/sys/fs/bcache /sys/fs/bcachefs /sys/fs/bpf /sys/fs/btrfs /sys/fs/ceph /sys/fs/cifs /sys/fs/erofs
		/sys/fs/ext4 /sys/fs/f2fs /sys/fs/fuse /sys/fs/gfs2 /sys/fs/nfs /sys/fs/nilfs2 /sys/fs/ocfs2
		/sys/fs/pstore /sys/fs/resctrl /sys/fs/selinux /sys/fs/smackfs /sys/fs/tmpfs /sys/fs/ubifs
		/sys/fs/virtiofs /sys/fs/xfs /sys/fs/zonefs

		/etc/machine-id
	`)
}
