"""Certificates for tests, made by the openssl command: an authority, and what it signs."""
import pathlib
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """`Authority(folder, "ca")` makes ca.crt; `issue("client")` makes client.crt and client.key."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key(name), "-out", self.certificate(name))

    def certificate(self, name):
        return str(self.folder / f"{name}.crt")

    def key(self, name):
        return str(self.folder / f"{name}.key")

    def issue(self, name, days=2):
        request = str(self.folder / f"{name}.csr")
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", self.key(name), "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate(self.name), "-CAkey", self.key(self.name), "-CAcreateserial",
                "-days", str(days), "-extfile", str(extensions), "-out", self.certificate(name))


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
