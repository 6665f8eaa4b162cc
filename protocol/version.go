package protocol

// Version is the release of the plugin, of its hosts and of the Python package,
// which are made together.
const Version = "0.1.0"
