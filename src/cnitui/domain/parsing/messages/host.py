"""The host refuses a file operation: the errno's words, whatever path and whichever installer.

Meaning of the errno words: open(2), rename(2), execve(2), mount(2); what they come from in practice:
projectcalico/calico cni-plugin/pkg/install/install.go@v3.27.0 and the SELinux and mount documentation of the kernel.

A table, and as long as there are messages of this kind.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE
_HOST = Topic("host")

HOST = (
    _HOST.message(
        "selinux-unknown-type",
        "fatal",
        r"attr/(?:keycreate|exec|fscreate|sockcreate|current)\b.{0,40}invalid argument|(?:invalid|unknown|undefined) "
        r"(?:selinux )?(?:context|type) \S{0,60}_t\b|security_context.{0,40}invalid",
        "attr/|_t|security_context",
        "The runtime asked for an SELinux type that the loaded policy does not know: the policy package is missing or "
        "too old. This fails in permissive mode too.",
        "container init caused: write /proc/self/attr/keycreate: invalid argument: unknown",
        selinux_wrong_context=CONCLUSIVE,
        version_incompatibility=FITS,
    ),
    _HOST.message(
        "selinux-tool-refused",
        "fatal",
        r"\b(?:restorecon|chcon|setfiles|fixfiles|setfilecon|lsetfilecon)\b.{0,200}(?:could not set context|invalid "
        r"argument|invalid context|not a valid context)|failed to resolve (?:typeattributeset|allow|roletype|"
        r"type\w{0,12}) statement|(?:semodule|semanage|libsemanage|libsepol|secilc)\b.{0,200}(?:fail|error|unknown "
        r"type|not defined|not within scope)",
        "could not set context|invalid argument|invalid context|valid context|failed to resolve|semodule|semanage|"
        "libsepol|secilc",
        "A tool of SELinux was refused: the loaded policy does not know the type, or a module it needs is missing.",
        "restorecon: Could not set context for /opt/cni/bin:  Invalid argument",
        selinux_wrong_context=SPECIFIC,
        version_incompatibility=FITS,
    ),
    _HOST.message(
        "selinux-process-attribute",
        "fatal",
        r"attr/(?:keycreate|exec|fscreate|sockcreate|current)\b.{0,40}permission denied",
        "attr/",
        "The runtime may not set the SELinux attribute of the new process: the policy lacks the permission that this "
        "runtime needs.",
        "write /proc/self/attr/keycreate: permission denied",
        ("moby/moby#39109",),
        selinux_denial=SPECIFIC,
        runtime_failure=FITS,
    ),
    _HOST.message(
        "apparmor-denial",
        "cause",
        r"apparmor=\"?(?:DENIED|STATUS)|apparmor.{0,60}(?:denied|failed to load|not loaded)",
        "apparmor",
        "AppArmor refused the access.",
        'audit: type=1400 apparmor="DENIED" operation="open" profile="cri-containerd.apparmor.d" name="/opt/cni/bin/x"',
        host_permission=SPECIFIC,
    ),
    _HOST.message(
        "no-space-cgroup",
        "fatal",
        r"/sys/fs/cgroup.{0,340}no space left on device",
        "no space left",
        "Not a disk: the kernel has no room for another control group, or the CPU set is empty.",
        "mkdir /sys/fs/cgroup/memory/kubepods/burstable: no space left on device",
        runtime_failure=SPECIFIC,
        kernel_dataplane=FITS,
    ),
    _HOST.message(
        "no-space-inotify",
        "fatal",
        r"(?:inotify|fsnotify|watch).{0,80}no space left on device|too many open files",
        "no space left|too many open files",
        "Not a disk: a limit on watches or open files is reached.",
        "inotify_add_watch /etc/cni/net.d: no space left on device",
        resource_pressure=SPECIFIC,
    ),
    _HOST.message(
        "no-space",
        "fatal",
        r"no space left on device|disk quota exceeded|\bENOSPC\b|\bEDQUOT\b|not enough (?:disk )?space|disk (?:is "
        r")?full|out of (?:disk space|inodes)|no (?:free )?inodes",
        "no space left|quota exceeded|enospc|edquot|space|disk|inodes",
        "The filesystem, its inodes or a quota are exhausted. Copying the binaries needs about 200 MB.",
        "Failed to install /host/opt/cni/bin/calico error=failed to copy file: write /host/opt/cni/bin/calico.tmp: no "
        "space left on device",
        disk_full=CONCLUSIVE,
    ),
    _HOST.message(
        "evicted-for-disk",
        "cause",
        r"low on resource:? ?(?:\[?)(?:ephemeral-storage|imagefs|nodefs|inodes)|exceed\w{0,12} (?:its |the )?(?:local "
        r")?ephemeral.{0,20}(?:storage|limit)|DiskPressure\s+True|condition:? \[?\w{0,20},? ?DiskPressure|"
        r"NodeHasDiskPressure|FreeDiskSpaceFailed|ImageGCFailed|has disk pressure|attempting to reclaim "
        r"(?:ephemeral-storage|imagefs|nodefs|inodes)",
        "low on resource|ephemeral|diskpressure|freediskspacefailed|imagegcfailed|disk pressure|reclaim",
        "The kubelet runs out of disk and evicts pods; the evicted pod need not be the one that fills it.",
        "The node was low on resource: ephemeral-storage. Container calico-node was using 92Ki",
        ("kubernetes/kubernetes#91600",),
        disk_full=SPECIFIC,
        resource_pressure=FITS,
    ),
    _HOST.message(
        "disk-at-limit",
        "cause",
        r"\b100%\s{1,20}/(?:(?:opt|var|etc|usr|run|tmp|host|home/kubernetes)\b\S{0,200})?$",
        "100%",
        "A filesystem that holds CNI directories, images or the kubelet's files is used up.",
        "tmpfs  65536  65536  0 100% /opt/cni/bin",
        unless=r"/snap|/var/backup|loop\d|squashfs|iso9660|/media|cdrom|efivar|overlay",
        disk_full=SPECIFIC,
    ),
    _HOST.message(
        "text-file-busy",
        "fatal",
        r"text file busy|\bETXTBSY\b",
        "text file busy|etxtbsy",
        "The file is being executed while the installer opens it for writing. Newer installers write a new file and "
        "rename it, so this means an old image or a hung plugin.",
        "Failed to install /host/opt/cni/bin/portmap error=open /host/opt/cni/bin/portmap: text file busy",
        ("projectcalico/calico#8932",),
        text_file_busy=CONCLUSIVE,
    ),
    _HOST.message(
        "read-only-own-root",
        "fatal",
        r"(?:suid bit|Failed to copy install|/calico\.conf\.tmp|/install-cni\.sh).{0,200}read-only file ?system",
        "read-only file",
        "Not the host: the container's own root filesystem is read-only (readOnlyRootFilesystem: true), which this "
        "installer does not support.",
        "/install-cni.sh: line 105: /calico.conf.tmp: Read-only file system",
        ("projectcalico/cni-plugin#1022",),
        read_only_filesystem=CONCLUSIVE,
    ),
    _HOST.message(
        "own-root-refused",
        "fatal",
        r"(?:cannot|can't|unable to|failed to|could not) (?:write|create|open)(?: to)? '?/(?!host|opt/cni|etc/cni|"
        r"var/(?:run|lib)|run/)\S{1,100}(?:\.tmp|\.conf)\b",
        "cannot|can't|unable to|failed to|could not",
        "The installer cannot write in the container's own root filesystem, which is the case when "
        "readOnlyRootFilesystem is set.",
        "cannot write /calico.conf.tmp",
        ("projectcalico/cni-plugin#1022",),
        read_only_filesystem=SUGGESTS,
        host_permission=FITS,
    ),
    _HOST.message(
        "own-root-read-only",
        "cause",
        r"readOnlyRootFilesystem['\"]?:\s{0,4}['\"]?true",
        "readonlyrootfilesystem",
        "The container's own root filesystem is read-only; installers that use temporary files there fail.",
        "readOnlyRootFilesystem: true",
        ("projectcalico/cni-plugin#1022",),
        read_only_filesystem=SUGGESTS,
    ),
    _HOST.message(
        "kernel-setting-read-only",
        "fatal",
        r"/proc/sys\S{0,200}.{0,40}read-only file ?system|sysctl.{0,120}read-only file ?system",
        "read-only",
        "A kernel setting cannot be written: the container is not privileged, so /proc/sys is read-only to it.",
        "open /proc/sys/net/ipv4/conf/all/rp_filter: read-only file system",
        host_permission=SUGGESTS,
        kernel_dataplane=SUGGESTS,
        read_only_filesystem=FITS,
    ),
    _HOST.message(
        "read-only",
        "fatal",
        r"read-only file ?system|\bEROFS\b|remount\w{0,12} (?:filesystem )?read-only|filesystem (?:is|was) read-only",
        "read-only|erofs",
        "The target lies on a filesystem that is mounted read-only: an immutable operating system, a hardened image, "
        "or a remount after I/O errors.",
        "mkdir /usr/libexec/kubernetes: read-only file system",
        ("rancher-archives/rke#1744",),
        read_only_filesystem=CONCLUSIVE,
        mount_failure=FITS,
    ),
    _HOST.message(
        "replace-denied",
        "fatal",
        r"(?:unable to remove target|(?:cannot|can't|unable to|failed to|error) (?:remov|unlink|replac|overwrit|"
        r"renam)\w{0,12}).{0,300}permission denied|(?:rename|unlink|unlinkat|remove) /\S{1,300}.{0,300}permission "
        r"denied",
        "permission denied",
        "EACCES on a file that an earlier run wrote, while the directory itself let the installer in. That is typical "
        "of a file with the SELinux categories of another pod; it works once per node and fails on the restart.",
        "mv: inter-device move failed: '/calico.conf.tmp' to '/host/etc/cni/net.d/10-calico.conflist'; unable to "
        "remove target: Permission denied",
        ("projectcalico/cni-plugin#874",),
        selinux_wrong_context=SUGGESTS,
        selinux_denial=SUGGESTS,
        host_permission=SUGGESTS,
    ),
    _HOST.message(
        "exec-denied",
        "fatal",
        r"(?:fork/exec|exec(?:ve|ing)?:?) \S{0,20}(?:/opt/cni|/var/lib/cni|/home/kubernetes|cni/bin|/host/)\S{0,200}: "
        r"permission denied|(?:line \d{1,5}: |^)/\S{0,80}cni/bin/\S{1,200}: permission denied$",
        "permission denied",
        "The plugin on the host may not be executed: its filesystem is mounted noexec, or it lost its x bit.",
        'plugin type="calico" failed (add): fork/exec /opt/cni/bin/calico: permission denied',
        host_permission=SUGGESTS,
        selinux_denial=FITS,
        selinux_wrong_context=FITS,
    ),
    _HOST.message(
        "token-file-denied",
        "fatal",
        r"serviceaccount/(?:token|ca\.crt|namespace)[\"']?:? .{0,20}permission denied",
        "permission denied",
        "The pod may not read its own token. On a policy that knows no label for the kubelet's volumes a confined "
        "container stops here, before it touches a CNI directory.",
        "open /var/run/secrets/kubernetes.io/serviceaccount/token: permission denied",
        selinux_denial=SUGGESTS,
        selinux_wrong_context=FITS,
        host_permission=FITS,
    ),
    _HOST.message(
        "mount-refused",
        "fatal",
        r"(?:^|[\s:(])(?:mount(?:ing)?\b(?![-:])|mkdir /sys|mkdir /proc|securityfs).{0,200}(?:operation not permitted|"
        r"permission denied)",
        "operation not permitted|permission denied",
        "A mount that the pod needs is refused.",
        'failed to mkdir "/sys/kernel/security": mkdir /sys/kernel/security: operation not permitted',
        ("projectcalico/calico#13681",),
        mount_failure=SPECIFIC,
        host_permission=FITS,
        selinux_denial=FITS,
        kernel_dataplane=FITS,
    ),
    _HOST.message(
        "kernel-refused",
        "fatal",
        r"\b(?:bpf|ebpf|netlink|ipset|ip_set|iptables|sysctl|nft)\b.{0,120}operation not permitted",
        "operation not permitted",
        "The kernel refuses a network operation: the container lacks a capability, or lockdown is on.",
        "failed to create BPF map: operation not permitted",
        kernel_dataplane=SUGGESTS,
        host_permission=SUGGESTS,
    ),
    _HOST.message(
        "not-permitted",
        "fatal",
        r"\b(?:open|rename|unlink|unlinkat|remove|chmod|chown|lchown|write|create|cp|mv|rm|mkdir|touch|install|"
        r"link)\b.{0,400}operation not permitted",
        "operation not permitted",
        "EPERM on a file: the immutable or append-only attribute, a missing capability, or a policy engine. SELinux "
        "answers with `permission denied` instead.",
        "rename /host/opt/cni/bin/calico.tmp /host/opt/cni/bin/calico: operation not permitted",
        host_permission=SPECIFIC,
    ),
    _HOST.message(
        "kernel-copy",
        "fatal",
        r"copy_file_range: (?:bad file descriptor|invalid argument|operation not supported|function not implemented)",
        "copy_file_range",
        "The kernel or the filesystem does not support the copy call that the installer uses.",
        "write /host/opt/cni/bin/bandwidth.tmp: copy_file_range: bad file descriptor",
        ("projectcalico/calico#6355",),
        kernel_dataplane=SPECIFIC,
        version_incompatibility=FITS,
    ),
    _HOST.message(
        "bind-source-missing",
        "fatal",
        r"bind source path does not exist|error while creating mount source path|(?:cannot|can't|unable to) (?:create|"
        r"make|stat|find) (?:the )?(?:host ?path|mount source)",
        "bind source path|mount source|host path|hostpath",
        "A hostPath of the pod does not exist on the node and its volume says nothing about creating it.",
        'invalid mount config for type "bind": bind source path does not exist: /opt/cni/bin',
        ("jupyterhub/action-k3s-helm#113",),
        mount_failure=CONCLUSIVE,
        cni_dir_mismatch=FITS,
    ),
    _HOST.message(
        "directory-missing",
        "fatal",
        r"(?:/host|/hostbin|/opt/cni|/etc/cni)\S{0,300}:? .{0,20}no such file or directory|Destination directory "
        r"\S{0,200} ?not present",
        "no such file or directory|destination directory",
        "A directory that the installer writes to does not exist.",
        "Destination directory /host/driver not present!?",
        mount_failure=SUGGESTS,
        read_only_filesystem=FITS,
        unless=r"exec: |: stat /|unable to start",
    ),
    _HOST.message(
        "write-denied",
        "fatal",
        r"(?:/host|/opt/cni|/etc/cni|/var/lib/(?:calico|cni|rancher)|/hostbin|/hostproc|/cni|/var/run/multus|/driver|"
        r"(?:cp|mv|rm|mkdir|chmod|touch|ln|tar|install|open|rename|unlinkat|remove|create): ?).{0,500}permission "
        r"denied|permission denied.{0,80}(?:/opt/cni|/etc/cni|cni (?:bin|binar|conf|dir))",
        "permission denied",
        "EACCES on a host path. SELinux, ownership without DAC_OVERRIDE, NFS root squash and AppArmor all say exactly "
        "this; owner, labels and audit records tell them apart.",
        "open /host/opt/cni/bin/bandwidth.tmp: permission denied",
        ("projectcalico/cni-plugin#420", "istio/istio#53849"),
        host_permission=SUGGESTS,
        selinux_denial=SUGGESTS,
        selinux_wrong_context=FITS,
    ),
    _HOST.message(
        "audit-syscall",
        "cause",
        r"type=SYSCALL msg=audit.{0,200}success=no exit=-13\b",
        "type=syscall",
        "The kernel recorded a system call refused with EACCES; such records accompany a denial of SELinux.",
        "type=SYSCALL msg=audit(1795442993.216:109): arch=c000003e syscall=257 success=no exit=-13",
        unless=r"tty=(?:pts|tty)\d|subj=\S{1,80}?:(?!container_(?:t|init_t|runtime_t)\b|svirt_lxc_net_t\b)\w+_t\b",
        selinux_denial=SPECIFIC,
        selinux_wrong_context=SUGGESTS,
    ),
    _HOST.message(
        "path-missing",
        "cause",
        r"(?:^|[\s\"'(])(?P<path>/[\w./~-]{3,200})\"?'?:? .{0,12}(?:does not exist|doesn't exist|no such file or "
        r"directory|is missing)|(?:path|directory|mount point) \S{1,200} (?:does not exist|is missing|not found)",
        "exist|no such file|missing|not found",
        "Something that a mount or a program expects on the host is not there.",
        "/var/run/cgroup does not exist on node which is needed by calico-node",
        ("projectcalico/calico#6907",),
        unless=(
            r"^grep: |nodename|subnet\.env|kubeconfig|serviceaccount|\.sock|exec: |\.crt|\.pem|\.key|etcd-|\.ctl|"
            r"secrets/|/bin/sh|"
            r"conflist|: not found|\": stat /"
        ),
        mount_failure=SUGGESTS,
        version_incompatibility=FITS,
    ),
    _HOST.message(
        "denied",
        "fatal",
        r"\bpermission denied\b|\bEACCES\b|access denied",
        "permission denied|eacces|access denied",
        "EACCES, without the path it was about.",
        "the install process breaks with permission denied errors",
        ("projectcalico/calico#2704",),
        unless=r"publickey|password|registry|pull access",
        host_permission=SUGGESTS,
        selinux_denial=SUGGESTS,
        selinux_wrong_context=FITS,
    ),
    _HOST.message(
        "denied-eperm",
        "fatal",
        r"operation not permitted|\bEPERM\b",
        "operation not permitted|eperm",
        "EPERM, without the path it was about: an attribute, a capability or a policy engine.",
        "exit: operation not permitted",
        host_permission=SUGGESTS,
    ),
    _HOST.message(
        "foreign-owner",
        "cause",
        r"^d[rwx-]{8}[x-][.+]? +\d{1,6} +(?!0 |root )[\w.-]{1,40} +[\w.-]{1,40} .{1,60} \.$",
        " .",
        "The directory belongs to an ordinary user: an installer without the capability DAC_OVERRIDE may not write "
        "it, root or not.",
        "drwxr-xr-x 2 997 0 4.0K Dec  4  2023 .",
        ("istio/istio#53849",),
        host_permission=SPECIFIC,
    ),
    _HOST.message(
        "noexec-mount",
        "cause",
        r"^(?:\S{1,60} on )?(?:\S{1,200}\s+)?(?:/opt|/opt/cni|/opt/cni/bin|/var|/var/lib|/var/lib/cni|"
        r"/)\s.{0,300}\bnoexec\b",
        "noexec",
        "The CNI binaries lie on a filesystem that forbids executing: the installer may succeed and no pod gets a "
        "network.",
        "/dev/mapper/vg-opt      /opt                    xfs     noexec        0 2",
        ("projectcalico/cni-plugin#891",),
        host_permission=SPECIFIC,
        read_only_filesystem=FITS,
    ),
    _HOST.message(
        "immutable-attribute",
        "cause",
        r"^[-acdijmstuxACDEFIMNPSTV]{0,22}i[-acdjmstuxeACDEFIMNPSTV]{2,22}\s+/\S{0,60}(?:cni|net\.d)",
        "/cni|net.d",
        "The directory or file is immutable (chattr +i): nobody may change it, not even root.",
        "----i---------e------- /opt/cni/bin",
        host_permission=SPECIFIC,
    ),
    _HOST.message(
        "stated-ownership",
        "cause",
        r"(?:own(?:ed|er(?:ship)?)|belongs?)\b.{0,60}\b(?:kube|calico|nobody|uid|user|997|998|999|1000)\b|"
        r"\bDAC_OVERRIDE\b|drop\w{0,12}.{0,20}capabilit|\bchattr\b|\bimmutable\b|\bumask\b|noexec|root.?squash",
        "own|belong|dac_override|capabilit|chattr|immutable|umask|noexec|squash",
        "Ownership, capabilities or mount options of the host directory were named.",
        "the directory is owned by user kube after the upgrade",
        host_permission=SUGGESTS,
    ),
)
