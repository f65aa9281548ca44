"""What the network and TLS say went wrong, as our errors.

Apart from `failures` because it needs aiohttp, which is loaded only when a connection is made.
"""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp

from cnitui.errors import ClusterError, ClusterUnreachable, KubeconfigError, ServerFailure
from cnitui.gateways.kubernetes.plain import one_line

TROUBLE = (aiohttp.ClientError, OSError, TimeoutError, ssl.SSLError, ValueError)
"""What a request may raise; ValueError for headers and URLs that cannot be sent."""


class ProxyTrouble(aiohttp.ClientError):
    """A SOCKS proxy that cannot be reached or does not let us through."""


_ERRNO_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "no route to host",
    errno.ETIMEDOUT: "timed out",
    errno.EPIPE: "connection closed",
    errno.EMFILE: "too many open files here (ulimit -n)",
}
_EXPIRED, _NOT_YET_VALID, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64
"""OpenSSL's verification errors: X509_V_ERR_CERT_HAS_EXPIRED and so on, openssl x509_vfy.h."""
_REASONS = {
    _EXPIRED: "CertificateExpired",
    _NOT_YET_VALID: "CertificateNotYetValid",
    _WRONG_NAME: "CertificateName",
    _WRONG_ADDRESS: "CertificateName",
}


def request_failed(error: BaseException, server: str) -> ClusterError | KubeconfigError:
    """The error of a request that got no answer, or only a part of one."""
    error = _unwrapped(error)
    certificate = _certificate_error(error)
    if certificate is not None:
        return _untrusted(certificate, server)
    match error:
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError() | ProxyTrouble():
            return ClusterUnreachable(
                f"The proxy on the way to {server} does not let us through: {one_line(str(error), 200)}",
                "Check proxy-url in the kubeconfig, or HTTPS_PROXY and NO_PROXY",
            )
        case TimeoutError():
            return ClusterUnreachable(f"{server} did not answer in time", _CHECK_NETWORK)
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return ClusterUnreachable(
                f"The name of {server} cannot be resolved", "Check the server's name, VPN and DNS"
            )
        case ssl.SSLError() | aiohttp.ClientConnectorSSLError():
            return _tls_failed(error, server)
        case aiohttp.InvalidURL() | ValueError():
            return KubeconfigError(f"{server} cannot be asked: {one_line(str(error), 200)}", "Check the kubeconfig")
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return ClusterUnreachable(f"{server} closed the connection in the middle", _CHECK_NETWORK)
        case aiohttp.ClientResponseError():
            return ServerFailure(f"{server} does not answer in HTTP: {one_line(error.message, 200)}", _CHECK_SERVER)
        case OSError():
            return ClusterUnreachable(f"{server} cannot be reached: {_os_words(error)}", _CHECK_NETWORK)
        case _:
            return ClusterUnreachable(f"{server} cannot be reached: {one_line(str(error), 200)}", _CHECK_NETWORK)


_CHECK_NETWORK = "Check that the server runs and that network, VPN and firewall let you through"
_CHECK_SERVER = "Check the server's address and port in the kubeconfig"


def _unwrapped(error: BaseException) -> BaseException:
    """What TLS through a SOCKS proxy raised, where aiohttp made a plain network error of it."""
    cause = error.__cause__
    return cause if type(error) is aiohttp.ClientOSError and isinstance(cause, ssl.SSLError) else error


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        error = error.certificate_error
    elif isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    return error if isinstance(error, ssl.SSLCertVerificationError) else None


def _untrusted(error: ssl.SSLCertVerificationError, server: str) -> ClusterUnreachable:
    reason = _REASONS.get(error.verify_code, "Certificate")
    match error.verify_code:
        case code if code == _EXPIRED:
            why, next_step = "has expired", "Renew the API server's certificate; check this machine's clock, too"
        case code if code == _NOT_YET_VALID:
            why, next_step = "is not valid yet", "Check the clocks of this machine and of the server"
        case code if code in (_WRONG_NAME, _WRONG_ADDRESS):
            why = f"is for another name ({one_line(error.verify_message, 200).rstrip('.')})"
            next_step = "Use a server address the certificate names, or set tls-server-name in the kubeconfig"
        case _:
            why = f"is not signed by the authority the kubeconfig trusts ({one_line(error.verify_message, 200)})"
            next_step = "Check certificate-authority of the cluster in the kubeconfig; is it really this server?"
    return ClusterUnreachable(f"{server} is not trusted: its certificate {why}", next_step, reason=reason)


def _tls_failed(error: BaseException, server: str) -> ClusterUnreachable:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    words = one_line(getattr(inner, "reason", None) or str(inner), 200)
    if "WRONG_VERSION_NUMBER" in words or "RECORD_LAYER" in words:
        return ClusterUnreachable(f"{server} does not speak TLS", "Is the port right, or should it be http:// ?")
    if "ALERT" in words:
        return ClusterUnreachable(
            f"{server} refused our client certificate or TLS version ({words})",
            "Check client-certificate of the user in the kubeconfig: it may have expired",
        )
    return ClusterUnreachable(f"TLS with {server} failed: {words}", _CHECK_SERVER)


def _os_words(error: OSError) -> str:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    known = _ERRNO_WORDS.get(inner.errno or 0)
    return known or one_line(inner.strerror or str(inner), 200)
