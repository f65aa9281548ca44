"""The pod or its container does not start: image, processor, admission, volumes, runtime, resources.

Words: kubernetes pkg/kubelet (images, container, volumemanager, eviction), pod-security-admission, containerd, runc,
cri-o; the processor messages are those of glibc and the Go runtime.

A table, and as long as there are messages of this kind.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE
_IMAGE = Topic("image")
_ADMISSION = Topic("admission")
_VOLUME = Topic("volume")
_RUNTIME = Topic("runtime")
_PRESSURE = Topic("pressure")

IMAGE = (
    _IMAGE.message(
        "cpu-level",
        "fatal",
        r"CPU does not support x86-64-v\d|can only be run on \S{1,20} processors with v\d|Illegal instruction|"
        r"\bSIGILL\b|exit(?:ed)?[ _]?(?:code|status)?[ :=(\"]{0,12}132\b",
        "cpu does not|can only be run|illegal instruction|sigill|132",
        "The image needs a newer processor than this one (or than the virtual CPU model that is offered).",
        "Fatal glibc error: CPU does not support x86-64-v2",
        ("projectcalico/calico#11352", "projectcalico/calico#3053"),
        arch_mismatch=CONCLUSIVE,
    ),
    _IMAGE.message(
        "exec-format",
        "fatal",
        r"exec(?:ve)? ?format error|cannot execute binary file|does not match the (?:detected|specified) (?:host "
        r")?platform|no matching manifest for \S{1,40}|wrong (?:cpu |image )?arch",
        "format error|cannot execute binary|platform|no matching manifest|wrong ",
        "The image was built for another processor architecture. A truncated image on the node says the same.",
        "standard_init_linux.go:228: exec user process caused: exec format error",
        ("projectcalico/calico#5963", "projectcalico/calico#9738"),
        arch_mismatch=SPECIFIC,
        image_pull=FITS,
        version_incompatibility=FITS,
    ),
    _IMAGE.message(
        "missing-library",
        "fatal",
        r"error while loading shared libraries|symbol lookup error|undefined symbol|version `?GLIBC\S{0,20}'? not "
        r"found|(?:fails?|failed|unable|cannot|can't) to (?:load|find|open) (?:the )?lib\w{1,30}|"
        r"lib\w{1,30}\.so\S{0,20}:? .{0,40}not found|(?:library|libpcap|libbpf|libc) (?:is )?missing",
        "shared librar|symbol|glibc|lib",
        "The image lacks a library that its program needs: a defect of that image, often of one architecture only.",
        "error while loading shared libraries: libpcap.so.0.8: cannot open shared object file",
        ("projectcalico/calico#8542",),
        version_incompatibility=SPECIFIC,
        arch_mismatch=FITS,
        image_pull=FITS,
    ),
    _IMAGE.message(
        "pull-failed",
        "fatal",
        r"\b(?:Init:)?(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable|"
        r"ImageInspectError)\b|Failed to pull image|Back-off pulling image|toomanyrequests|pull rate limit|manifest "
        r"(?:unknown|for \S{1,200} not found)|pull access denied|failed to (?:resolve reference|do request|pull and "
        r"unpack|extract layer|register layer)|error pulling image|image (?:not found|can't be pulled|cannot be "
        r"pulled)|unauthorized: authentication required|layer verification failed|unexpected commit digest|(?:layer|"
        r"blob|pull|image)\w{0,12}\b.{0,120}unexpected EOF|content digest \S{1,100}: not found",
        "imagepull|invalidimagename|errimage|registryunavailable|imageinspect|pull|toomanyrequests|manifest |resolve|"
        "do request|layer|image |authentication required|unexpected |content digest",
        "The image cannot be fetched: registry, credentials, rate limit, name, or no way out of the network.",
        'Failed to pull image "docker.io/calico/cni:v3.27.0": toomanyrequests: You have reached your pull rate limit',
        image_pull=CONCLUSIVE,
    ),
    _IMAGE.message(
        "helper-missing",
        "fatal",
        r"exec: \\?\"(?:\S{0,60}/)?(?:apparmor_parser|runc|crun|conmon|containerd-shim\S{0,20}|fuse-overlayfs|"
        r"new[ug]idmap|"
        r"nvidia-container\S{0,20}|mount\.\w{1,12})\\?\":? .{0,40}not found",
        "not found",
        "A program that the container runtime calls on the host is missing or not in its PATH.",
        'get apparmor_parser version: exec: "apparmor_parser": executable file not found in $PATH',
        runtime_failure=SPECIFIC,
    ),
    _IMAGE.message(
        "program-missing",
        "fatal",
        r"exec: \\?\"[^\"\\]{1,200}\\?\":? .{0,120}(?:no such file or directory|not found in \$PATH)|"
        r"\\?\"/[^\"\\]{1,200}\\?\": stat /\S{1,200}: no such file|Image not present \S|chdir to cwd .{1,200}no such "
        r"file",
        "no such file|not found in|image not present",
        "The program is not in the image: the wrong image, an incomplete one, or a manifest of another release. The "
        "path is the container's, looking on the host misleads.",
        'exec: "/opt/cni/bin/calico-ipam": stat /opt/cni/bin/calico-ipam: no such file or directory',
        ("projectcalico/calico#9884", "projectcalico/calico#852"),
        image_pull=SUGGESTS,
        version_incompatibility=SUGGESTS,
        runtime_failure=FITS,
    ),
    _IMAGE.message(
        "died-early",
        "fatal",
        r"exit(?:ed)?[ _]?(?:code)?[ :=(\"]{0,12}(?:127|139)\b|\bSIGSEGV\b|segmentation (?:fault|violation)",
        "127|139|sigsegv|segmentation",
        "The program could not run properly: a missing library (127) or a crash (139), not a step of the installer.",
        "Exit Code: 139",
        ("projectcalico/calico#11937",),
        version_incompatibility=SUGGESTS,
        arch_mismatch=SUGGESTS,
        kernel_dataplane=FITS,
    ),
)

ADMISSION = (
    _ADMISSION.message(
        "pod-security",
        "fatal",
        r"violates PodSecurity|PodSecurityPolic(?:y|ies): unable|unable to (?:admit|validate against any)|security "
        r"context constraint|no providers available to validate|Privileged containers are not allowed|disallowed by "
        r"cluster policy|hostNetwork: Invalid value|(?:host|privileged)\w{0,12}\S{0,20}: Forbidden:",
        "violates podsecurity|podsecuritypolic|unable to|security context constraint|no providers|not allowed|"
        "disallowed|invalid value|forbidden",
        "The API server does not admit the pod: there is no pod that could crash, only an event on the DaemonSet.",
        'pods "calico-node-" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
        ("tigera/operator#2996", "tigera/operator#2453"),
        admission_denied=CONCLUSIVE,
    ),
    _ADMISSION.message(
        "policy-changed-pod",
        "cause",
        r"kubernetes\.io/psp:\s{0,4}\S{0,40}restricted|openshift\.io/scc:\s{0,4}restricted|runAsNonRoot and image "
        r"will run as root",
        "/psp|/scc|runasnonroot",
        "A restrictive policy admitted the pod and changed it: it may not run as root, as Calico has to.",
        "Error: container has runAsNonRoot and image will run as root",
        admission_denied=SUGGESTS,
        runtime_failure=FITS,
    ),
    _ADMISSION.message(
        "webhook",
        "fatal",
        r"admission webhook \S{1,200} denied|denied the request|failed calling webhook|ValidatingAdmissionPolicy|"
        r"exceeded quota|insufficient quota|no PriorityClass",
        "webhook|denied the request|validatingadmissionpolicy|quota|priorityclass",
        "An admission webhook, policy or quota keeps the pod out.",
        'admission webhook "validate.kyverno.svc-fail" denied the request: host path is not in the list',
        unless=r"forbidden: User|cannot (?:list|get|watch|create|update|patch) resource",
        admission_denied=CONCLUSIVE,
    ),
    _ADMISSION.message(
        "create-forbidden",
        "fatal",
        r"Error creating: .{0,300}(?:forbidden|denied)|FailedCreate\b.{0,300}(?:forbidden|denied)",
        "error creating|failedcreate",
        "The controller may not create the pod.",
        'Error creating: pods "calico-node-" is forbidden: not allowed here',
        admission_denied=SPECIFIC,
        rbac_forbidden=FITS,
    ),
    _ADMISSION.message(
        "stated-policy-trouble",
        "cause",
        r"\b(?:PSP|PSA|SCC|PodSecurity(?:Policy|Admission)?s?)\b.{0,120}(?:not |missing|block|den|reject|prevent|"
        r"forbid|disallow|fail|error|enforc)|(?:block|den|reject|prevent|disallow|fail|error|due "
        r"to)\w{0,12}.{0,60}\b(?:PSP|PSA|SCC|PodSecurity\w{0,12}|webhook|gatekeeper|kyverno|admission)\b",
        "psp|psa|scc|podsecurity|webhook|gatekeeper|kyverno|admission",
        "Somebody names a pod security policy in connection with the failure.",
        "PSP for the operator is not created during installation",
        ("rancher/rke2#3532",),
        admission_denied=SPECIFIC,
    ),
)

VOLUME = (
    _VOLUME.message(
        "not-shared",
        "fatal",
        r"not a shared (?:or slave )?mount|mount propagation|rshared",
        "shared|propagation",
        "A volume asks for mount propagation and the host's mount is not shared, as systemd would have made it.",
        'path "/sys/fs/bpf" is mounted on "/sys" but it is not a shared mount',
        mount_failure=CONCLUSIVE,
    ),
    _VOLUME.message(
        "bpffs",
        "fatal",
        r"failed to mount (?:the )?(?:bpf|cgroup2?|/?sys/fs/(?:bpf|cgroup)) ?(?:file ?system)?",
        "failed to mount",
        "The BPF or cgroup filesystem cannot be mounted: the container is not privileged, or the kernel lacks it. "
        "With -best-effort this is only logged.",
        "calico-init_linux.go 57: Failed to mount BPF filesystem. error=failed to mount BPF filesystem",
        ("projectcalico/calico#6279",),
        mount_failure=SPECIFIC,
        kernel_dataplane=SUGGESTS,
    ),
    _VOLUME.message(
        "cache-not-synced",
        "consequence",
        r"failed to sync (?:configmap|secret) cache|object \S{1,200} not registered",
        "failed to sync|not registered",
        "Transient: the kubelet had not read the object yet; it tries again by itself.",
        'MountVolume.SetUp failed for volume "kube-api-access-x" : failed to sync configmap cache: timed out waiting',
    ),
    _VOLUME.message(
        "volume-object-missing",
        "fatal",
        r"(?:secret|configmap)s? \\?\"[^\"\\]{1,200}\\?\" not found|couldn't find key \S{1,200} in (?:ConfigMap|"
        r"Secret)|references non-existent (?:config|secret) key",
        "not found|couldn't find key|non-existent",
        "A ConfigMap or Secret that the pod mounts or reads does not exist.",
        'MountVolume.SetUp failed for volume "etcd-certs" : secret "calico-etcd-secrets" not found',
        mount_failure=SPECIFIC,
        version_incompatibility=FITS,
    ),
    _VOLUME.message(
        "container-config",
        "consequence",
        r"CreateContainerConfigError",
        "createcontainerconfigerror",
        "The kubelet cannot put the container's configuration together: a ConfigMap, a Secret, or the user it may not "
        "run as. The pod's events name it.",
        "calico-kube-controllers-54c96b97b9-ncb98   0/1   CreateContainerConfigError   0   5m17s",
        mount_failure=FITS,
        admission_denied=FITS,
    ),
    _VOLUME.message(
        "volume-setup",
        "fatal",
        r"MountVolume\.\w{1,20} failed|hostPath type check failed|Unable to (?:attach or )?mount volumes|"
        r"\bFailedMount\b|failed to (?:generate container spec: failed to mkdir|prepare subPath|create subPath|mount)|"
        r"not a directory: .{0,60}(?:trying to mount|unknown)|error mounting \S|FailedAttachVolume",
        "mountvolume|hostpath type|mount volumes|failedmount|failed to |not a directory|error mounting|"
        "failedattachvolume",
        "A volume of the pod cannot be set up.",
        'MountVolume.SetUp failed for volume "bpffs" : hostPath type check failed: /sys/fs/bpf is not a directory',
        mount_failure=CONCLUSIVE,
    ),
    _VOLUME.message(
        "wants-propagation",
        "cause",
        r"MountPropagation:\s{0,4}\*?Bidirectional",
        "mountpropagation",
        "The container that cannot be created asks for two-way mount propagation, which needs a shared mount on the "
        "host.",
        "VolumeMount{Name:sysfs,MountPath:/sys/fs/,MountPropagation:*Bidirectional,}",
        ("k3s-io/k3s#3815",),
        mount_failure=SUGGESTS,
    ),
)

RUNTIME = (
    _RUNTIME.message(
        "cgroup-driver",
        "fatal",
        r"(?:systemd ?cgroup|cgroup[- ]?driver|cgroupfs).{0,120}(?:mismatch|differ|misconfig|different from|wrong|"
        r"but)|expected cgroupsPath|(?:mismatch|wrong|misconfig\w{0,12}|differ\w{0,12}) .{0,30}cgroup",
        "cgroup",
        "Kubelet and runtime manage control groups with different drivers: no pod starts, or containers are killed.",
        'failed to run Kubelet: misconfiguration: kubelet cgroup driver: "systemd" is different from docker cgroup '
        "driver",
        ("projectcalico/calico#7951",),
        runtime_failure=SPECIFIC,
    ),
    _RUNTIME.message(
        "cgroup-setting",
        "cause",
        r"SystemdCgroup\s{0,4}[=:]\s{0,4}['\"]?false|^\s{0,40}systemCgroup\s{0,4}=",
        "systemdcgroup|systemcgroup",
        "The runtime manages control groups itself, while kubelets with systemd expect systemd to. containerd's "
        "setting is SystemdCgroup; one of another name is not heard.",
        "SystemdCgroup = false",
        ("projectcalico/calico#7951",),
        runtime_failure=SUGGESTS,
    ),
    _RUNTIME.message(
        "security-profile",
        "fatal",
        r"(?:appl\w{1,4}|load\w{0,3}|set\w{0,4}|generat\w{1,4}) (?:the |container )?(?:apparmor|seccomp) "
        r"(?:profile|spec)|(?:apparmor|seccomp) profile.{0,80}(?:forbidden|not found|no such file|not supported|"
        r"invalid|cannot)",
        "apparmor|seccomp",
        "The runtime cannot give the container its AppArmor or seccomp profile: kubelet and runtime understand the "
        "setting differently, or the profile is not on the node.",
        "Error: applying apparmor profile to container 1a2b: empty localhost AppArmor profile is forbidden",
        runtime_failure=SPECIFIC,
        version_incompatibility=SUGGESTS,
        host_permission=FITS,
    ),
    _RUNTIME.message(
        "sandbox-privilege",
        "fatal",
        r"no privileged container allowed in sandbox",
        "no privileged container",
        "The pod's sandbox was made before the container became privileged; a new pod is needed.",
        "failed to create containerd container: no privileged container allowed in sandbox",
        runtime_failure=CONCLUSIVE,
    ),
    _RUNTIME.message(
        "runtime-broken",
        "fatal",
        r"PLEG is not healthy|container runtime is down|failed to (?:create|start|get) (?:shim|containerd task|"
        r"sandbox image)|OCI runtime (?:create|exec) failed|runc (?:create|run) failed|failed to reserve (?:container|"
        r"sandbox) name|name \S{1,200} is reserved|failed to create task for container|StartError|RunContainerError|"
        r"CreateContainerError|ContainerCannotRun|CreatePodSandboxError|shim (?:error|exited|task)|failed to generate "
        r"(?:container |sandbox )?spec",
        "pleg|runtime is down|failed to |oci runtime|runc |is reserved|starterror|runcontainererror|"
        "createcontainererror|containercannotrun|createpodsandboxerror|shim ",
        "The container runtime could not create or start the container; the rest of the message is the reason.",
        "Error: failed to create containerd task: failed to create shim task: OCI runtime create failed",
        runtime_failure=SUGGESTS,
        mount_failure=FITS,
    ),
    _RUNTIME.message(
        "runtime-restarted",
        "cause",
        r"restart\w{0,12} (?:of )?(?:the )?(?:containerd|docker|cri-?o|kubelet|runtime|container runtime|"
        r"dockerd)\b.{0,80}(?:help|fix|solv|work|cure|resolv|ready)|(?:help|fix|solv|cure|"
        r"resolv)\w{0,12}.{0,60}restart\w{0,12} (?:of )?(?:the )?(?:containerd|docker|cri-?o|kubelet|runtime)",
        "restart",
        "A restart of the runtime cured it, so the runtime had lost its way.",
        "after restarting containerd the node turns Ready, it fixed the problem",
        runtime_failure=SPECIFIC,
    ),
    _RUNTIME.message(
        "runtime-warning",
        "warning",
        r"Pod sandbox changed, it will be killed and re-created|failed to get (?:container|pod sandbox) (?:info|"
        r"status)",
        "sandbox changed|failed to get",
        "The runtime starts the pod's sandbox over and over.",
        "Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.",
        runtime_failure=FITS,
    ),
)

PRESSURE = (
    _PRESSURE.message(
        "out-of-memory",
        "fatal",
        r"\bOOM ?Kill\w{0,12}|\bSystem ?OOM\b|out of memory|\boom[-_](?:kill|reaper)|\bOOM(?:ing|ed)\b|cannot allocate "
        r"memory|memory cgroup out of|fork: (?:retry: )?resource temporarily unavailable|newosproc|"
        r"pthread_create failed|low on resource:? ?\[?(?:memory|pids?)|"
        r"(?:Memory|PID)Pressure\s+True|NodeHasInsufficient(?:Memory|PID)",
        "oom|out of memory|allocate memory|out of|temporarily unavailable|newosproc|pthread_create|low on resource|"
        "pressure|insufficient",
        "Memory (or processes) ran out: a limit that is too low, or a node that is too small.",
        "Last State: Terminated Reason: OOMKilled Exit Code: 137",
        ("giantswarm/k8scloudconfig#585",),
        resource_pressure=CONCLUSIVE,
    ),
    _PRESSURE.message(
        "killed",
        "fatal",
        r"exit(?:ed)?[ _]?(?:code|status)?[ :=(\"]{0,12}137\b|\bsignal: killed\b",
        "137|signal: killed",
        "The process was killed from outside: for want of memory, by a failing liveness probe, or by the runtime.",
        "Exit Code: 137",
        resource_pressure=FITS,
    ),
    _PRESSURE.message(
        "short-of-room",
        "fatal",
        r"\bthrottl\w{1,30}|Insufficient (?:cpu|memory|pods|ephemeral-storage)|node (?:is )?(?:overloaded|under load)|"
        r"high (?:cpu|load)|failed to create new OS thread|too many open files",
        "throttl|insufficient|overloaded|under load|high cpu|high load|os thread|too many open",
        "The node has no room for more: memory, CPU, threads or files.",
        "0/3 nodes are available: 3 Insufficient cpu.",
        resource_pressure=SPECIFIC,
    ),
)
