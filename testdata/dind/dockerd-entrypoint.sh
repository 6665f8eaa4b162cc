#!/bin/sh
# Stands in for the entry point of the image docker:dind, in the test image of
# that name: options alone are options of a dockerd that serves mutual TLS with
# the certificates in $DOCKER_TLS_CERTDIR, which it makes where nobody else did.
set -eu

# issue NAME USAGE [SAN]: a certificate of our CA with a new key.
issue() {
	mkdir -p "$certs/$1"
	openssl req -x509 -newkey rsa:2048 -noenc -days 825 -subj "/CN=docker:dind $1" \
		-CA "$certs/ca/cert.pem" -CAkey "$certs/ca/key.pem" \
		-addext basicConstraints=critical,CA:FALSE -addext "extendedKeyUsage=$2" ${3:+-addext "subjectAltName=$3"} \
		-keyout "$certs/$1/key.pem" -out "$certs/$1/cert.pem"
	cp "$certs/ca/cert.pem" "$certs/$1/ca.pem"
}

make_certificates() {
	# Without the CA's key the certificates are somebody else's.
	if [ -s "$certs/server/cert.pem" ] && [ ! -s "$certs/ca/key.pem" ]; then return; fi
	mkdir -p "$certs/ca"
	[ -s "$certs/ca/key.pem" ] || openssl req -x509 -newkey rsa:2048 -noenc -days 825 -subj '/CN=docker:dind CA' \
		-addext keyUsage=critical,digitalSignature,keyCertSign -keyout "$certs/ca/key.pem" -out "$certs/ca/cert.pem"
	issue server serverAuth "DNS:docker,DNS:localhost,DNS:$(hostname),IP:127.0.0.1"
	issue client clientAuth
	# Airflow does not run as root, and shares nothing but this folder.
	chmod 0644 "$certs/client/key.pem"
}

if [ "$#" -eq 0 ] || [ "${1#-}" != "$1" ]; then
	certs=${DOCKER_TLS_CERTDIR:?set it to the folder of the certificates}
	make_certificates
	set -- dockerd \
		--host=unix:///var/run/docker.sock \
		--host=tcp://0.0.0.0:2376 \
		--tlsverify \
		--tlscacert "$certs/server/ca.pem" \
		--tlscert "$certs/server/cert.pem" \
		--tlskey "$certs/server/key.pem" \
		"$@"
fi
# A killed container leaves these behind.
rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
exec "$@"
