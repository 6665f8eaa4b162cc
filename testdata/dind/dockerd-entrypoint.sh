#!/bin/sh
# Stands in for the entry point of the image docker:dind, in the test image of
# that name: options alone are options of a dockerd that serves mutual TLS with
# the certificates in $DOCKER_TLS_CERTDIR.
set -eu
if [ "$#" -eq 0 ] || [ "${1#-}" != "$1" ]; then
	server="${DOCKER_TLS_CERTDIR:?set it to the folder of the certificates}/server"
	for file in ca.pem cert.pem key.pem; do
		[ -s "$server/$file" ] || { echo "no $server/$file" >&2; exit 1; }
	done
	set -- dockerd \
		--host=unix:///var/run/docker.sock \
		--host=tcp://0.0.0.0:2376 \
		--tlsverify \
		--tlscacert "$server/ca.pem" \
		--tlscert "$server/cert.pem" \
		--tlskey "$server/key.pem" \
		"$@"
fi
# A killed container leaves these behind.
rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
exec "$@"
