"""What runtime and kubelet say about CNI, the operator about its installation, and releases that do not fit.

Words: containerd go-cni, cri-o ocicni, containernetworking/cni libcni, tigera/operator pkg/controller at v1.32.3 and
v1.42.3.

A table, and as long as there are messages of this kind.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE
_CNI = Topic("cni")
_OPERATOR = Topic("operator")
_RELEASE = Topic("release")
_STOCK_CONF = r"/etc/cni/net\.d"
_STOCK_BIN = r"/opt/cni/bin"
_EXPECTED = (
    r"\bdial (?:tcp|unix)|connection refused|time-?out|deadline exceeded|no route to host|unreachable|x509|forbidden|"
    r"unauthorized|permission denied|not permitted|no such (?:file|host)|not found|no space left|read-only"
)
"""Failures that a program may give up at without a defect of its own."""

CNI = (
    _CNI.message(
        "config-invalid",
        "fatal",
        r"(?:not (?:a )?valid json|invalid json)|error (?:parsing|loading|validating) (?:CNI |network "
        r")?(?:config\w{0,12})|(?:missing|no) ['\"]?(?:type|name|plugins?)['\"]? (?:key|field|in)|no plugins in list|"
        r"(?:cni conf\w{0,12}|conflist|\.conf\b).{0,80}(?:empty|truncated|malformed|corrupt|invalid|syntax|"
        r"__\w{3,40}__)|__(?:KUBERNETES_NODE_NAME|CNI_MTU|KUBECONFIG_FILEPATH|SERVICEACCOUNT_TOKEN|ETCD_\w{1,30}|"
        r"LOG_LEVEL)__",
        "json|error parsing|error loading|error validating|invalid character|missing |no type|no name|no plugins|"
        "net.d|cni conf|conflist|__",
        "The CNI configuration is not what it should be: not JSON, empty, cut off, or with placeholders unreplaced.",
        "error parsing configuration list: unexpected end of JSON input",
        ("projectcalico/cni-plugin#389", "kmesh-net/kmesh#150"),
        unless=r"failed to find plugin",
        bad_cni_config=CONCLUSIVE,
    ),
    _CNI.message(
        "config-empty",
        "cause",
        r"^-[rwxsStT-]{9}[.+@]? .{3,80} 0 (?:\w{3} [ \d]\d [ \d:]{4,5}|\d{4}-\d\d-\d\d .{4,40}) \S{1,120}"
        r"\.conf(?:list)?$",
        ".conf",
        "A CNI configuration in the listing is empty; the runtime takes the first file by name.",
        "-rw-r--r-- 1 root root 0 Nov 19 11:00 00-multus.conf",
        bad_cni_config=SPECIFIC,
    ),
    _CNI.message(
        "json-broken",
        "fatal",
        r"unexpected end of JSON input|invalid character .{1,20} (?:looking for|after|in)\b|invalid YAML|yaml: line \d",
        "json|invalid character|yaml",
        "Something that should be JSON or YAML is not; the line does not say what.",
        "error: unexpected end of JSON input",
        bad_cni_config=SUGGESTS,
    ),
    _CNI.message(
        "config-version",
        "fatal",
        r"incompatible CNI versions|unsupported CNI (?:result )?version|plugin version .{0,40}does not support",
        "cni versions|cni version|cni result|plugin version",
        "The configuration asks for a CNI version that the plugin does not speak.",
        'incompatible CNI versions; config is "1.0.0", plugin supports ["0.1.0" "0.3.1"]',
        version_incompatibility=SPECIFIC,
        bad_cni_config=SUGGESTS,
    ),
    _CNI.message(
        "plugin-elsewhere",
        "cause",
        r"failed to find plugin .{1,120} in path \[(?!" + _STOCK_BIN + r"/?\])[^\]]{1,400}\]",
        "failed to find plugin",
        "The runtime looks for the plugin in another directory than the one install-cni wrote to.",
        'failed to find plugin "calico" in path [/usr/lib/cni]',
        cni_dir_mismatch=SPECIFIC,
        version_incompatibility=FITS,
    ),
    _CNI.message(
        "plugin-missing",
        "consequence",
        r"failed to find plugin|plugin type=\S{1,60} .{0,60}: failed to find",
        "failed to find",
        "A plugin that the configuration names is not in the directory: the installer did not (or could not) write "
        "it, wrote it elsewhere, or this release does not ship it any more.",
        'failed to find plugin "portmap" in path [/opt/cni/bin]',
        ("rancher/rke2-selinux#65",),
        cni_dir_mismatch=FITS,
        selinux_wrong_context=FITS,
        selinux_denial=FITS,
        bad_cni_config=FITS,
        version_incompatibility=FITS,
    ),
    _CNI.message(
        "watch-lost",
        "cause",
        r"(?:fs change|fsnotify|inotify|watch\w{0,8})\W{0,4}(?: event)?.{0,40}(?:REMOVE|RENAME|DELETE_SELF|IGNORED)"
        r".{0,20}net\.d\\{0,3}[\"')]",
        "remove|rename|delete_self|ignored",
        "The CNI directory itself was removed or replaced while the runtime watched it: its watch is lost, and what is "
        "written there later is not seen until the runtime restarts.",
        'failed to reload cni configuration after receiving fs change event(REMOVE "/etc/cni/net.d")',
        runtime_failure=SPECIFIC,
    ),
    _CNI.message(
        "foreign-plugin",
        "cause",
        r"plugin type=\S{0,3}(?:weave-net|cilium-cni|antrea|kube-router|ovn-k8s\S{0,60}|romana|contiv\S{0,60}|"
        r"kindnet)\b.{0,120}fail",
        "plugin type=",
        "The runtime calls the plugin of another network: its configuration was left behind and comes first.",
        'plugin type="weave-net" name="weave" failed (add): dial tcp 127.0.0.1:6784: connect: connection refused',
        stale_node_state=SUGGESTS,
        bad_cni_config=FITS,
    ),
    _CNI.message(
        "plugin-without-daemon",
        "consequence",
        r"/run/\S{1,60}(?:subnet\.env|\.env|/state)\S{0,4}:? .{0,20}no such file",
        "no such file",
        "The plugin is called, and the daemon that should have left its state for it has not run since the boot: it "
        "fails itself, or was removed while its configuration stayed.",
        'plugin type="flannel" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file',
        stale_node_state=FITS,
        bad_cni_config=FITS,
    ),
    _CNI.message(
        "config-elsewhere",
        "cause",
        r"no (?:CNI )?(?:configuration|networks?|conf\w{0,12}) (?:files? )?(?:found )?in (?!"
        + _STOCK_CONF
        + r"/?(?:[\s\"',:.]|$))/\S|(?:cni-conf-dir|cni-bin-dir|conf_dir|bin_dir|network_dir|plugin_dirs?|confDir|"
        r"binDir)['\"]?\s{0,4}[=:]\s{0,4}"
        r"\[?\s{0,4}['\"]?(?!" + _STOCK_CONF + r"|" + _STOCK_BIN + r")/",
        "no cni|no networks|no network|no conf|in /|_dir|-dir|dirs|confdir|bindir",
        "The runtime reads its CNI configuration or plugins from another directory than Calico's default.",
        "No CNI configuration file in /etc/kubernetes/cni/net.d/. Has your network provider started?",
        cni_dir_mismatch=SPECIFIC,
    ),
    _CNI.message(
        "not-initialized",
        "consequence",
        r"cni plugin not initialized|cni config uninitialized|No CNI conf\w{0,12}|No networks? (?:config\w{0,12} "
        r")?found|NetworkPluginNotReady|Missing CNI default network|no network config found|network plugin is not "
        r"ready|CNI network \S{0,40} ?not (?:found|ready)",
        "not initialized|uninitialized|no cni conf|no network|networkpluginnotready|default network|not ready|cni "
        "network",
        "There is no CNI configuration where the runtime looks, which follows from install-cni not having finished. "
        "If a valid one is there, the runtime has lost its watch or reads another directory.",
        "Network plugin returns error: cni plugin not initialized",
        ("projectcalico/calico#8694",),
    ),
    _CNI.message(
        "config-present",
        "cause",
        r"(?:conflist|cni (?:files?|conf\w{0,12})|net\.d|10-calico)\b.{0,100}\b(?:present|exists?|normal\w{0,12}|"
        r"there|correct\w{0,12}|produc\w{1,30}|generated|created|in place)|(?:produc\w{1,30}|generat\w{1,30}|"
        r"creat\w{1,30}|writes?|wrote) .{0,40}(?:conflist|cni (?:files?|conf\w{0,12})).{0,60}(?:normal|correct|fine|"
        r"in /)",
        "conflist|cni file|cni conf|net.d|10-calico",
        "Somebody says that the CNI configuration is in its place.",
        "10-calico.conflist is present in /etc/cni/net.d",
        runtime_failure=FITS,
        cni_dir_mismatch=FITS,
    ),
    _CNI.message(
        "nodename-missing",
        "consequence",
        r"/var/lib/calico/nodename",
        "/var/lib/calico/nodename",
        "calico-node has not come up on this node yet, or does not share /var/lib/calico with the plugin.",
        "stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running",
        ("projectcalico/calico#1795",),
        version_incompatibility=FITS,
        mount_failure=FITS,
    ),
    _CNI.message(
        "config-listed",
        "milestone",
        r"^(?:\S{0,200}/net\.d/)?(?:\d{2}-)?(?:calico|canal)[\w.-]{0,40}\.conf(?:list)?$",
        ".conf",
        "Calico's own configuration file is in the CNI directory.",
        "/etc/cni/net.d/10-calico.conflist",
    ),
    _CNI.message(
        "competing-config",
        "cause",
        r"^(?:-\S{9}.{0,200} )?(?:\d{2}-)(?!calico|canal)[\w.-]{2,60}\.conf(?:list)?$",
        ".conf",
        "Another network's configuration file lies in the CNI directory; the runtime takes the first by name.",
        "05-cilium.conflist",
        bad_cni_config=FITS,
        stale_node_state=FITS,
    ),
    _CNI.message(
        "stated-other-directory",
        "cause",
        r"(?:(?:different|another|other|wrong|non-default|custom) (?:cni |bin |conf\w{0,12} )?(?:dir|directory|"
        r"path)\w{0,12}|(?:looks?|looking|search\w{0,12}|reads?|expect\w{0,12}) (?:for \S{1,40} )?(?:in|at|under) "
        r"/\S{0,80}(?:cni|bin))",
        "dir|path|look|search|read|expect",
        "Somebody names another CNI directory.",
        "the kubelet looks for plugins in /usr/libexec/cni",
        cni_dir_mismatch=SUGGESTS,
    ),
    _CNI.message(
        "several-configs",
        "cause",
        r"(?:two|several|multiple|both|more than one|second|competing) .{0,30}(?:cni|conf\w{0,12}|conflist)|"
        r"(?:overwrit\w{1,30}|overwrote|overriden|overridden|replaced) .{0,60}(?:conflist|cni conf\w{0,12})|"
        r"(?:conflist|cni conf\w{0,12})\b.{0,60}(?:overwrit|overwrote|overrid|replaced)",
        "two|several|multiple|both|more than one|second|competing|overwr|overrid|replaced",
        "More than one program writes the CNI configuration.",
        "the conflist was overwritten by another CNI installer",
        bad_cni_config=SUGGESTS,
        stale_node_state=FITS,
    ),
)

OPERATOR = (
    _OPERATOR.message(
        "operator-mtu",
        "consequence",
        r"error reading network MTU|/var/lib/calico/mtu",
        "network mtu|/var/lib/calico/mtu",
        "The unprivileged operator pod may not read a file on SELinux hosts; install-cni is not concerned.",
        "error reading network MTU: open /var/lib/calico/mtu: permission denied",
        ("projectcalico/calico#7851",),
        selinux_denial=FITS,
    ),
    _OPERATOR.message(
        "operator-cidr",
        "fatal",
        r"is not within the platform's configured pod network CIDR",
        "pod network cidr",
        "The operator rejects the Installation: its pool lies outside the cluster's pod network.",
        "IPPool 10.244.0.0/16 is not within the platform's configured pod network CIDR(s) [192.168.0.0/16]",
        ip_pool_config=SPECIFIC,
        operator_managed=SUGGESTS,
    ),
    _OPERATOR.message(
        "operator-refuses",
        "fatal",
        r"unexpected env vars|non-privileged Calico is deprecated|Migration ?Error|error migrating resources|can ?not "
        r"be managed by (?:the )?(?:tigera )?operator|could not resolve CalicoNetwork|operator-node-migration|"
        r"Installation\S{0,40} .{0,60}(?:is invalid|not supported)",
        "unexpected env|non-privileged calico|migrat|managed by|caliconetwork|operator-node-migration|installation",
        "The operator refuses the installation as it is, or its migration is stuck.",
        "unexpected env vars: [calico-node/FOO]",
        operator_managed=SPECIFIC,
    ),
    _OPERATOR.message(
        "operator-degraded",
        "consequence",
        r"Resource(?:Read|Create|Update|Validation|NotReady|NotFound|Patch)\w{0,12}|\bdegraded\b|Reconciler error",
        "resource|degraded|reconciler",
        "The operator says that it could not do its work; the error that it names is the reason.",
        '"msg":"Failed to create or update","reason":"ResourceUpdateError"',
        operator_managed=FITS,
    ),
    _OPERATOR.message(
        "operator-reverts",
        "cause",
        r"operator.{0,120}(?:revert|overwr|reset|restor|undo|put back|chang\w{1,30} back|replac|remov\w{1,30}|not "
        r"(?:running|installed|active|working)|stuck)|(?:revert|overwr|reset|undone|restored)\w{0,12}.{0,80}operator|"
        r"\b(?:edit|change|patch|manual)\w{0,12}.{0,120}(?:reverted|overwritten|undone|restored|set back|put back|"
        r"changed back|comes? back|disappear|gone again|reset|is lost)|scal\w{1,30} (?:down )?(?:the "
        r")?(?:tigera-)?operator",
        "operator|restor|back|revert|overwr|undone|disappear|gone again|reset|lost",
        "The operator owns the object and puts back what is edited by hand.",
        "the DaemonSet is reverted by the tigera-operator within seconds",
        unless=r"\"level\"|controller_\w|\[INFO\]",
        operator_managed=SPECIFIC,
    ),
)

RELEASE = (
    _RELEASE.message(
        "panic",
        "fatal",
        r"^panic: |panic: runtime error|nil pointer dereference|invalid memory address|fatal error: (?:concurrent|all "
        r"goroutines|unexpected signal)",
        "panic: |nil pointer|invalid memory|fatal error: ",
        "The program crashed: a defect of this release, brought about by something it did not expect.",
        "panic: runtime error: invalid memory address or nil pointer dereference",
        ("projectcalico/calico#3749",),
        version_incompatibility=SPECIFIC,
        unless=_EXPECTED,  # a program that gives up like this says why: the reason is what failed
    ),
    _RELEASE.message(
        "own-bug",
        "fatal",
        r"\bBUG: \w|this is a bug|please (?:report|file) (?:this|a) (?:bug|issue)",
        "bug",
        "The program itself says that it met something it was not made for.",
        'felix/sync_proto.go 302: BUG: cannot parse key. key="/calico/resources/v3/x"',
        version_incompatibility=SPECIFIC,
    ),
    _RELEASE.message(
        "unknown-option",
        "fatal",
        r"(?:unknown|unrecognized|invalid) (?:flag|option|command|shorthand)|(?:unknown|unrecognized) argument|"
        r"invalid argument \"|flag provided but not defined|not supported (?:in|by|with) (?:this )?(?:version|"
        r"kubernetes)|unsupported (?:kubernetes )?version|requires (?:kubernetes|calico) v?\d",
        "unknown |unrecognized|invalid |not defined|not supported|unsupported|requires ",
        "Program and manifest are of different releases.",
        "flag provided but not defined: -best-effort",
        version_incompatibility=SPECIFIC,
    ),
    _RELEASE.message(
        "object-inconsistent",
        "fatal",
        r"(?:DaemonSet|Deployment|StatefulSet|Pod|Job)\S{0,20} \\?\"[^\"\\]{1,200}\\?\" is invalid: .{0,60}"
        r"\b(?:spec|metadata)\S",
        "is invalid",
        "Kubernetes finds the object itself inconsistent (a mount without its volume, a field it does not allow): what "
        "rendered it does not fit, or has a defect.",
        'DaemonSet.apps "calico-node" is invalid: spec.template.spec.containers[0].volumeMounts[2]: Not found: "x"',
        unless=r"disallowed|not allowed|policy|forbidden: violates|immutable",
        version_incompatibility=SUGGESTS,
        operator_managed=FITS,
    ),
    _RELEASE.message(
        "stated-comparison",
        "cause",
        r"(?:works?|worked|fine|ok|no problem|succeeds?) (?:again )?(?:with|on|in|using|after \w{1,30} (?:back )?to) "
        r"(?:\w{1,30} ){0,3}v?\d{1,2}\.\d{1,3}|(?:fixed|solved|resolved|gone|introduced|regression|broken|fails?) "
        r"(?:with|in|by|since|after|from|on) (?:\w{1,30} ){0,3}v?\d{1,2}\.\d{1,3}|(?:downgrad|roll\w{0,12} back|"
        r"revert\w{0,12} to)\w{0,12} .{0,60}v?\d{1,2}\.\d{1,3}|\bregression\b|(?:after|since) (?:the |an |a "
        r")?(?:\w{1,30} ){0,2}(?:upgrad|updat)\w{1,30}",
        "work|fine|ok |no problem|succeed|fixed|solved|resolved|gone|introduced|regression|broken|fail|downgrad|roll|"
        "revert|upgrad|updat",
        "Somebody says that it depends on the release, or began with an upgrade.",
        "it works with v3.32.1 and fails with v3.32.2",
        version_incompatibility=SUGGESTS,
    ),
)
