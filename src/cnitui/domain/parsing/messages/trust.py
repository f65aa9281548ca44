"""The API server or etcd answers, but not to us: authorization, authentication, certificates.

Words of the API server: kubernetes apiserver/pkg/endpoints/handlers/responsewriters/errors.go and
plugin/pkg/auth/authorizer/rbac; x509 words: Go crypto/x509/verify.go.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE
_TRUST = Topic("trust")
_POLICY = r"violates|unable to (?:admit|validate)|podsecurity|webhook|quota|priorityclass|security context|disallowed"
_ELSEWHERE = r"apparmor|seccomp|googleapi|amazonaws|\bec2\b|\bazure\b|cloud[- ]?provider"
"""Others that forbid: a security profile, a cloud's own API."""
_PULL = r"\bpull(?:ing|ed)?\b|registry|manifests/|docker\.io|quay\.io"

TRUST = (
    _TRUST.message(
        "anonymous",
        "fatal",
        r"forbidden: User \\?\"system:(?:anonymous|unauthenticated)\\?\"",
        "system:anonymous|system:unauthenticated",
        "The request arrived without an identity: the token was missing or not accepted.",
        'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group ""',
        serviceaccount_token=SPECIFIC,
        rbac_forbidden=SUGGESTS,
    ),
    _TRUST.message(
        "token-forbidden",
        "fatal",
        r"serviceaccounts \\?\"[^\"\\]{1,100}\\?\" is forbidden(?!: (?:unable|exceeded|violates))",
        "is forbidden",
        "The installer's account may not create tokens for the CNI's service account: the ClusterRole is older than "
        "the image (calico-cni-plugin exists from v3.26, calico-node was used in v3.23-v3.25), or written for another "
        "name.",
        'serviceaccounts "calico-cni-plugin" is forbidden: User "system:serviceaccount:kube-system:calico-node" cannot '
        'create resource "serviceaccounts/token" in API group "" in the namespace "kube-system"',
        ("projectcalico/calico#5910", "projectcalico/calico#7584"),
        rbac_forbidden=CONCLUSIVE,
        version_incompatibility=FITS,
    ),
    _TRUST.message(
        "forbidden-to-others",
        "warning",
        r"forbidden: User \\?\"system:serviceaccount:[\w.-]{1,63}:(?:metrics-server|coredns|default|"
        r"prometheus[\w-]{0,40}|ingress[\w-]{0,40}|csi[\w-]{0,40}|kubernetes-dashboard|local-path[\w-]{0,40})\\?\"",
        "is forbidden: user",
        "Another program's account was refused; Calico is not concerned.",
        'pods is forbidden: User "system:serviceaccount:kube-system:metrics-server" cannot list resource "pods"',
        rbac_forbidden=FITS,
    ),
    _TRUST.message(
        "forbidden",
        "fatal",
        r"forbidden: User \\?\"[^\"\\]{1,200}\\?\" cannot|\bcannot (?:get|list|watch|create|patch|update|delete|use) "
        r"(?:resource|\S{1,60} at the cluster scope)|clusterrole(?:binding)?\S{0,60} \\?\"[^\"\\]{1,100}\\?\" not "
        r"found|RBAC: \S|the server does not allow access to the requested resource",
        "forbidden|cannot |clusterrole|rbac: |does not allow access",
        "The API server knows who asks and refuses: a role or its binding is missing, or made for another name.",
        'nodes "worker-01" is forbidden: User "system:serviceaccount:kube-system:calico-node" cannot get resource '
        '"nodes"',
        rbac_forbidden=CONCLUSIVE,
        version_incompatibility=FITS,
    ),
    _TRUST.message(
        "account-missing",
        "fatal",
        r"serviceaccounts? \\?\"[^\"\\]{1,100}\\?\" not found|no API token found for service account|error looking up "
        r"service account",
        "serviceaccount|service account",
        "The service account that the token is for does not exist: part of the manifest was not applied.",
        'Unable to create token for CNI kubeconfig error=serviceaccounts "calico-cni-plugin" not found',
        serviceaccount_token=SPECIFIC,
        version_incompatibility=SUGGESTS,
        rbac_forbidden=SUGGESTS,
    ),
    _TRUST.message(
        "token-file-missing",
        "fatal",
        r"serviceaccount/(?:token|namespace)[\"']?:? .{0,20}no such file|automountServiceAccountToken: false|(?:token|"
        r"kubeconfig) (?:file )?(?:is )?(?:missing|not found|does not exist)",
        "serviceaccount/|automountserviceaccounttoken|token|kubeconfig",
        "The service account's token is not in the container.",
        "open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
        serviceaccount_token=SPECIFIC,
    ),
    _TRUST.message(
        "clock-behind",
        "fatal",
        r"current time \S{1,40} is before \S|certificate is not yet valid|token (?:used before issued|is not valid "
        r"yet)",
        "is before|not yet valid|before issued|not valid yet",
        "The certificate lies in the future: the clock of this machine is behind.",
        "x509: certificate has expired or is not yet valid: current time 2006-10-04T08:21:14Z is before "
        "2022-05-14T06:25:00Z",
        ("kubernetes-sigs/kubespray#8830",),
        tls_certificate=CONCLUSIVE,
    ),
    _TRUST.message(
        "tls-handshake-of-client",
        "warning",
        r"TLS handshake error from",
        "tls handshake error",
        "A server tells that some client broke off the handshake; which one and why, the client knows.",
        "http: TLS handshake error from 172.17.0.1:33626: remote error: tls: bad certificate",
        tls_certificate=SUGGESTS,
    ),
    _TRUST.message(
        "x509",
        "fatal",
        r"(?:x509: \S|certificate (?:has expired|signed by unknown authority|is valid for|is not (?:valid|trusted)|"
        r"verify failed|required)|unknown certificate|bad certificate|remote error: tls|tls: (?:failed to|private key|"
        r"first record|unknown|handshake|no certificates|bad|expired|protocol)|authentication handshake failed|unable "
        r"to (?:load|read) .{0,40}cert|PEM (?:data|block|format))",
        "x509|certificate|tls:|handshake failed|pem |unable to",
        "TLS trust is broken: an expired certificate, another CA, a name or address that the certificate lacks, or a "
        "clock that is wrong.",
        "x509: certificate is valid for 10.0.0.1, not 10.96.0.1",
        ("easzlab/kubeasz#922",),
        tls_certificate=CONCLUSIVE,
        unless=_PULL,
    ),
    _TRUST.message(
        "certificate-file",
        "fatal",
        r"Certificate Authority is required|Invalid ETCD_\w{2,20}_FILE|(?:etcd-(?:ca|cert|key)|\S{0,200}\.(?:crt|pem|"
        r"key)|serviceaccount/ca\.crt)[\"']?:? .{0,20}(?:no such file|permission denied|is a directory)|(?:no such "
        r"file|not found).{0,80}(?:etcd-(?:ca|cert|key)|\.(?:crt|pem)\b)",
        "no such file|permission denied|is a directory|not found|certificate authority|invalid etcd",
        "A certificate or key file is not where it is looked for.",
        "open /calico-secrets/etcd-ca: no such file or directory",
        tls_certificate=SPECIFIC,
        mount_failure=FITS,
    ),
    _TRUST.message(
        "http-on-https",
        "fatal",
        r"(?:server gave HTTP response to HTTPS client|malformed HTTP response)",
        "http response",
        "TLS is spoken to a plain port, or the other way round.",
        "http: server gave HTTP response to HTTPS client",
        tls_certificate=SUGGESTS,
        apiserver_unreachable=SUGGESTS,
        unless=_PULL,
    ),
    _TRUST.message(
        "unauthorized",
        "fatal",
        r"(?:\bUnauthorized\b|\b401\b.{0,30}unauth|asked for the client to provide credentials|invalid bearer token|"
        r"token (?:has )?(?:expired|been invalidated|is expired|is invalid)|connection is unauthorized|Failed to "
        r"(?:update|refresh) CNI token)",
        "unauthorized|provide credentials|bearer token|token ",
        "The API server does not accept the token: it expired, its service account was made anew, or the signing key "
        "changed.",
        "Unable to create token for CNI kubeconfig error=Unauthorized",
        ("projectcalico/calico#8368",),
        serviceaccount_token=CONCLUSIVE,
        tls_certificate=FITS,
        unless=_PULL,
    ),
    _TRUST.message(
        "forbidden-bare",
        "fatal",
        r"(?:\b403\b.{0,20}forbidden|\bis forbidden\b|\bForbidden\b)",
        "forbidden",
        "Something was refused; the line does not say whether by a role or by an admission policy.",
        "Error: 403 Forbidden",
        rbac_forbidden=SUGGESTS,
        admission_denied=FITS,
        unless=_PULL + "|" + _POLICY + "|" + _ELSEWHERE,
    ),
    _TRUST.message(
        "clock-not-synchronized",
        "cause",
        r"(?:clock|NTP) synchronized: no\b|NTP service: inactive|Leap status\s{0,8}: Not synchronised",
        "synchronized: no|ntp service|leap status",
        "The clock of this machine is not synchronized.",
        "System clock synchronized: no",
        tls_certificate=SUGGESTS,
        serviceaccount_token=FITS,
    ),
    _TRUST.message(
        "stated-clock",
        "cause",
        r"\b(?:clocks?|ntp|chrony|system time)\b.{0,60}\b(?:skew\w{0,12}|drift\w{0,12}|wrong|off|out of sync|not "
        r"sync\w{0,12}|differ\w{0,12}|behind|ahead)|clock skew|certificates? (?:has |have |had )?expired",
        "clock|ntp|chrony|time |certificate",
        "Somebody says that clocks differ or certificates expired.",
        "the clocks of the machines were out of sync",
        tls_certificate=SUGGESTS,
    ),
)
