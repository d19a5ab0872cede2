package docker

import "strings"

// openCalls are the system calls that are allowed whatever their arguments.
// Names that an architecture or an older libseccomp does not know are passed
// over by the engine; those with "64", "32" or "arm" are for 32-bit machines.
//
// What is not here is refused. Left out on purpose: io_uring (it opens sockets
// and files past this filter), ptrace and its kin, everything that mounts or
// makes namespaces, bpf, perf, userfaultfd, keys, modules, handles of files,
// fanotify, NUMA placement, the clock's state (adjtimex tells two containers
// that they share one), vmsplice, personality and the 32-bit socketcall.
func openCalls() []string {
	return strings.Fields(fileCalls + socketCalls + memoryCalls + processCalls + timeCalls)
}

// The calls by what they are about; each list ends with a space or a line.
const (
	fileCalls = `
		access faccessat faccessat2 open openat openat2 creat close close_range
		read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2
		lseek _llseek dup dup2 dup3 fcntl fcntl64 flock fsync fdatasync sync syncfs
		sync_file_range sync_file_range2 arm_sync_file_range
		fadvise64 fadvise64_64 arm_fadvise64_64 readahead fallocate
		truncate truncate64 ftruncate ftruncate64 sendfile sendfile64 copy_file_range splice tee
		stat stat64 fstat fstat64 lstat lstat64 newfstatat fstatat64 statx
		statfs statfs64 fstatfs fstatfs64
		getdents getdents64 getcwd chdir fchdir chroot umask
		mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2
		link linkat symlink symlinkat readlink readlinkat
		chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat
		utime utimes utimensat utimensat_time64 futimesat
		getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
		setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
		getxattrat setxattrat listxattrat removexattrat
		inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
		pipe pipe2 poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64
		epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2
		eventfd eventfd2 signalfd signalfd4 timerfd_create
		timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64
		io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
		memfd_create
`
	socketCalls = `
		bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt
		send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
`
	memoryCalls = `
		brk mmap mmap2 munmap mremap mprotect madvise msync mincore membarrier
		mlock mlock2 munlock mlockall munlockall pkey_alloc pkey_free pkey_mprotect
		map_shadow_stack mseal cachestat
		shmget shmat shmctl shmdt semget semop semctl semtimedop semtimedop_time64
		msgget msgsnd msgrcv msgctl ipc
		mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64
		mq_notify mq_getsetattr
`
	processCalls = `
		fork vfork execve execveat exit exit_group wait4 waitid waitpid
		getpid getppid gettid getpgid setpgid getpgrp getsid setsid
		pidfd_open pidfd_send_signal
		kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigpending rt_sigreturn rt_sigsuspend
		rt_sigqueueinfo rt_tgsigqueueinfo rt_sigtimedwait rt_sigtimedwait_time64
		sigaction sigprocmask sigpending sigreturn sigsuspend signal sigaltstack pause alarm
		getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32
		getresuid getresuid32 getresgid getresgid32 getgroups getgroups32
		setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
		setresuid setresuid32 setresgid setresgid32 setgroups setgroups32
		setfsuid setfsuid32 setfsgid setfsgid32 capget capset
		prctl arch_prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
		set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list rseq
		futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue restart_syscall
		getrlimit ugetrlimit setrlimit prlimit64 getrusage times
		getpriority setpriority nice ioprio_get ioprio_set getcpu
		sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr
		sched_getparam sched_setparam sched_getscheduler sched_setscheduler
		sched_get_priority_max sched_get_priority_min
		sched_rr_get_interval sched_rr_get_interval_time64
`
	timeCalls = `
		time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64
		nanosleep clock_nanosleep clock_nanosleep_time64
		getitimer setitimer timer_create timer_delete timer_getoverrun
		timer_settime timer_settime64 timer_gettime timer_gettime64
		uname oldolduname olduname sysinfo getrandom
		breakpoint cacheflush set_tls riscv_flush_icache riscv_hwprobe
`
)
