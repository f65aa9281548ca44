"""Lines of install-cni and its neighbours that are part of every good run, and its own words when it stops.

Constructed from projectcalico/calico cni-plugin/pkg/install/install.go at v3.16.10, v3.22.5, v3.27.0, v3.28.5, v3.32.1,
projectcalico/cni-plugin k8s-install/scripts/install-cni.sh@v3.15.5 and the other init containers' sources at v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE
_NORMAL = Topic("normal")
_STEP = Topic("step")

NORMAL = (
    _NORMAL.message(
        "secondary-skipped",
        "benign",
        r"/host/secondary-bin-dir is (?:not writeable|non-writeable), skipping",
        "secondary-bin-dir is no",
        "Normal: nothing is mounted at the second candidate directory, so every good run prints this.",
        "/host/secondary-bin-dir is not writeable, skipping",
    ),
    _NORMAL.message(
        "kubeconfig-notice",
        "benign",
        r"Neither --kubeconfig nor --master was specified",
        "neither --kubeconfig",
        "Normal: the Kubernetes client says that it uses the service account of its pod.",
        "W0518 03:27:52.973602 1 client_config.go:617] Neither --kubeconfig nor --master was specified.",
    ),
    _NORMAL.message(
        "device-there",
        "benign",
        r"\b(?:vxlan|ipip|tunnel|bridge|dummy|wireguard) (?:device|interface|link) already exists"
        r"(?!.{0,120}(?:fail|error|differ|incompatible|conflict))",
        "already exists",
        "Normal: the device of the last run is used again.",
        "I0402 09:11:03.512345 1 device.go:116] VXLAN device already exists",
        unless=r"\b(?:fail|error|unable|cannot|could not)",
    ),
    _NORMAL.message(
        "no-migration",
        "benign",
        r"host-local IPAM data dir dir not found; no migration necessary",
        "no migration necessary",
        "Normal: the node never used host-local addresses, so upgrade-ipam has nothing to do.",
        "migrate.go 66: host-local IPAM data dir dir not found; no migration necessary, successfully exiting...",
    ),
    _NORMAL.message(
        "binaries-baked-in",
        "benign",
        r"No writeable CNI bin directory found but .{1,200} UPDATE_CNI_BINARIES=false; continuing",
        "no writeable cni bin directory",
        "Accepted by the installer: the binaries are part of a read-only operating system image.",
        "No writeable CNI bin directory found but [calico] already exist at /host/opt/cni/bin and "
        "UPDATE_CNI_BINARIES=false; continuing",
    ),
    _NORMAL.message(
        "flexvolume-probe",
        "benign",
        r"driver-call\.go:\d|FlexVolume: driver call failed|dynamically probing plugin|(?:driver-call|plugins?\.go|"
        r"FlexVolume|Failed to unmarshal|init, output).{0,300}nodeagent~uds|nodeagent~uds.{0,200}(?:driver-call|"
        r"FlexVolume|unmarshal|executable file not found)",
        "nodeagent~uds|driver-call|flexvolume|probing plugin",
        "Noise: the kubelet probes a FlexVolume driver that is not there; nothing depends on it.",
        'driver-call.go:262] Failed to unmarshal output for command: init, output: "", nodeagent~uds',
    ),
    _NORMAL.message(
        "running-in-pod",
        "milestone",
        r"Running as a Kubernetes pod",
        "running as a kubernetes pod",
        "The service account token was found; the installer has begun.",
        "cni-installer/<nil> <nil>: Running as a Kubernetes pod",
    ),
    _NORMAL.message(
        "up-to-date",
        "milestone",
        r"File is already up to date, skipping",
        "already up to date",
        "The file on the host has the same size, mode and content: an earlier run wrote it.",
        'cni-installer/<nil> <nil>: File is already up to date, skipping file="/host/opt/cni/bin/calico"',
    ),
    _NORMAL.message(
        "installed-file",
        "milestone",
        r"Installed /host/\S",
        "installed /host/",
        "One binary is in place; it need not have been written by this run.",
        "cni-installer/<nil> <nil>: Installed /host/opt/cni/bin/bandwidth",
    ),
    _NORMAL.message(
        "wrote-binaries",
        "milestone",
        r"Wrote (?:Calico )?CNI binaries to /",
        "cni binaries to /",
        "The bin directory was written, which ends every theory about it. The shell installer (to v3.15) prints this "
        "even when every copy failed.",
        "cni-installer/<nil> <nil>: Wrote Calico CNI binaries to /host/opt/cni/bin",
        ("projectcalico/cni-plugin#420",),
    ),
    _NORMAL.message(
        "plugin-version",
        "milestone",
        r"CNI plugin version: ?v?\d",
        "cni plugin version",
        "The installed binary could be executed from the host's directory.",
        "cni-installer/<nil> <nil>: CNI plugin version: v3.27.0",
    ),
    _NORMAL.message(
        "config-template",
        "milestone",
        r"Using CNI config template from CNI_NETWORK_CONFIG",
        "using cni config template",
        "The API server answered the token request and the kubeconfig was written.",
        "cni-installer/<nil> <nil>: Using CNI config template from CNI_NETWORK_CONFIG environment variable.",
    ),
    _NORMAL.message(
        "config-created",
        "milestone",
        r"Created (?:CNI config |/host/etc/cni/net\.d/)\S",
        "created cni config|created /host/",
        "The CNI configuration is written; the node becomes Ready from here on.",
        "cni-installer/<nil> <nil>: Created /host/etc/cni/net.d/10-calico.conflist",
    ),
    _NORMAL.message(
        "done",
        "milestone",
        r"Done configuring CNI\.(?!\s{1,4}Sleep= ?true)",
        "done configuring cni",
        "install-cni has finished its work.",
        "cni-installer/<nil> <nil>: Done configuring CNI.  Sleep= false",
    ),
    _NORMAL.message(
        "no-etcd-secrets",
        "benign",
        r"ls: (?:cannot access )?'?/calico-secrets'?: No such file",
        "/calico-secrets",
        "Normal unless etcd is the datastore: there are no TLS files to copy.",
        "ls: /calico-secrets: No such file or directory",
    ),
    _NORMAL.message(
        "old-data-model",
        "benign",
        r"(?:GlobalFelixConfig|GlobalBGPConfig)s?\b.{0,200}could not find the requested resource",
        "globalfelixconfig|globalbgpconfig",
        "Normal: calico-node asks whether objects of the data model before v3 have to be migrated, and there are none.",
        "customresource.go 101: Error getting resource Key=GlobalFelixConfig(name=CalicoVersion) error=the server "
        "could not find the requested resource (get GlobalFelixConfigs.crd.projectcalico.org calicoversion)",
    ),
    _NORMAL.message(
        "datastore-verified",
        "milestone",
        r"Datastore connection verified|Datastore is ready",
        "datastore connection verified|datastore is ready",
        "calico-node reached its datastore and may read it: neither the network nor RBAC nor a certificate is at "
        "fault.",
        "startup.go 326: Datastore connection verified",
    ),
)

STEPS = (
    _STEP.message(
        "bin-not-writeable",
        "cause",
        r"/host/\S{1,300} is (?:not writeable|non-writeable), skipping",
        "writeable, skipping",
        "Making a test file in this directory failed and the installer threw the reason away. SELinux, a read-only "
        "mount, an immutable directory, a full disk and a missing directory all print exactly this.",
        "cni-installer/<nil> <nil>: /host/opt/cni/bin is not writeable, skipping",
        ("projectcalico/calico#5763",),
        selinux_denial=FITS,
        read_only_filesystem=FITS,
        host_permission=FITS,
        selinux_wrong_context=FITS,
        disk_full=FITS,
        mount_failure=FITS,
    ),
    _STEP.message(
        "no-writeable-directory",
        "fatal",
        r"found no writeable directory, exiting",
        "no writeable directory",
        "No candidate directory could be written, so install-cni ended. `error=<nil>` is normal here: the reason was "
        "thrown away, only the node can tell it.",
        "cni-installer/<nil> <nil>: found no writeable directory, exiting error=<nil>",
        selinux_denial=FITS,
        read_only_filesystem=FITS,
        host_permission=FITS,
        selinux_wrong_context=FITS,
        disk_full=FITS,
        mount_failure=FITS,
    ),
    _STEP.message(
        "binary-changed",
        "fatal",
        r"Failed to verify installed binary",
        "failed to verify installed",
        "After copying, size, mode or content of the file differ: something else rewrites it, or the filesystem "
        "ignores modes.",
        "cni-installer/install.go 222: Failed to verify installed binary /host/opt/cni/bin/calico error=<nil>",
        host_permission=SUGGESTS,
        disk_full=FITS,
    ),
    _STEP.message(
        "version-check",
        "fatal",
        r"Failed getting CNI plugin version",
        "failed getting cni plugin version",
        "The binary just written could not be executed: `permission denied` means a noexec mount, `exec format error` "
        "another architecture.",
        "Failed getting CNI plugin version from installed binary, exiting error=fork/exec /host/opt/cni/bin/calico: "
        "permission denied",
        host_permission=FITS,
        arch_mismatch=FITS,
    ),
    _STEP.message(
        "token-request",
        "fatal",
        r"Unable to create token for CNI kubeconfig",
        "unable to create token",
        "The binaries are installed; asking the API server for a token failed. What follows `error=` decides: "
        "`forbidden` is RBAC, `Unauthorized` the token, `dial tcp` the network, `x509` a certificate.",
        "cni-installer/<nil> <nil>: Unable to create token for CNI kubeconfig error=Unauthorized",
        ("projectcalico/calico#8463", "projectcalico/calico#7122", "projectcalico/calico#8368"),
    ),
    _STEP.message(
        "token-client",
        "fatal",
        r"Unable to create client for generating CNI token|unable to load in-cluster configuration|"
        r"KUBERNETES_SERVICE_(?:HOST|PORT) not set",
        "generating cni token|in-cluster configuration|kubernetes_service_",
        "The addresses of the API server are missing from the container's environment: an overridden environment or "
        "an empty kubernetes-services-endpoint ConfigMap.",
        "Error installing CNI plugin error=unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and "
        "KUBERNETES_SERVICE_PORT must be defined",
        apiserver_unreachable=SPECIFIC,
        version_incompatibility=FITS,
    ),
    _STEP.message(
        "old-tls-directory",
        "warning",
        r"Error removing old TLS directory",
        "removing old tls directory",
        "An early sign that the configuration directory is not writeable; only a warning by itself.",
        "Error removing old TLS directory error=unlinkat /host/etc/cni/net.d/calico-tls/etcd-ca: permission denied",
    ),
    _STEP.message(
        "etcd-tls-missing",
        "warning",
        r"Missing etcd-(?:ca|cert|key)",
        "missing etcd-",
        "Harmless unless etcd is the datastore: no TLS files were mounted to copy.",
        "cni-installer/<nil> <nil>: Missing etcd-ca",
    ),
    _STEP.message(
        "ipam-retry",
        "warning",
        r"failed to migrate ipam, retrying",
        "failed to migrate ipam",
        "upgrade-ipam repeats this for ever: the pod stays in Init:0/N and does not crash. The text after `error=` is "
        "the reason.",
        "ipam_plugin.go 104: failed to migrate ipam, retrying... error=connection is unauthorized: Unauthorized",
    ),
    _STEP.message(
        "selinux-hint",
        "fatal",
        r"may be caused by selinux configuration on the host",
        "caused by selinux configuration",
        "The shell installer's guess at any failed move of the configuration. A file left by another pod, with other "
        "SELinux categories, is the usual case; it works once per node and fails on the restart.",
        "Failed to mv files. This may be caused by selinux configuration on the host, or something else.",
        ("projectcalico/cni-plugin#874",),
        selinux_wrong_context=SUGGESTS,
        selinux_denial=SUGGESTS,
        host_permission=FITS,
    ),
    _STEP.message(
        "sleeps-for-ever",
        "cause",
        r"Done configuring CNI\.\s{1,4}Sleep= ?true",
        "sleep=",
        "SLEEP is left on: the init container never ends and the pod stays in Init:N/M.",
        "install-cni: Done configuring CNI.  Sleep= true",
        version_incompatibility=SUGGESTS,
    ),
)
