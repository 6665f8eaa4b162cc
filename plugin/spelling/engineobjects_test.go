package spelling

import "testing"

func TestMounts(t *testing.T) {
	t.Parallel()
	rows := map[string]string{}
	for given, want := range map[string]string{
		`{"target": "/data", "source": "vol"}`:                                      `{"Type": "volume", "Target": "/data", "Source": "vol"}`,
		`{"target": "/data", "source": "vol", "type": "volume", "read_only": true}`: `{"Type": "volume", "Target": "/data", "Source": "vol", "ReadOnly": true}`,
		`{"target": "/data", "source": "/srv", "type": "bind", "propagation": "rslave", "consistency": "cached", "read_only": false}`: `{
			"Type": "bind", "Target": "/data", "Source": "/srv", "Consistency": "cached", "BindOptions": {"Propagation": "rslave"}}`,
		`{"target": "/t", "source": null, "type": "tmpfs", "tmpfs_size": "64m", "tmpfs_mode": 448}`: `{
			"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 67108864, "Mode": 448}}`,
		`{"target": "/t", "source": "", "type": "tmpfs", "tmpfs_size": 1000}`: `{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1000}}`,
		`{"target": "/t", "type": "tmpfs", "tmpfs_size": "1.5 GB"}`:           `{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1610612736}}`,
		`{"target": "/t", "type": "tmpfs", "tmpfs_size": "1000"}`:             `{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1000}}`,
		`{"target": "/d", "source": "v", "no_copy": true, "labels": {"a": "b"}, "subpath": "p", "driver_config": {"Name": "local", "Options": {"o": "x"}}}`: `{
			"Type": "volume", "Target": "/d", "Source": "v", "VolumeOptions": {
				"NoCopy": true, "Labels": {"a": "b"}, "Subpath": "p", "DriverConfig": {"Name": "local", "Options": {"o": "x"}}}}`,
		`{"Target": "/t", "Type": "bind", "Source": "/s", "ReadOnly": false, "Future": [1]}`: `{"Target": "/t", "Type": "bind", "Source": "/s", "ReadOnly": false, "Future": [1]}`,
		`{"Target": null, "Type": "x"}`: `{"Target": null, "Type": "x"}`,
		`{}`:                            `{"Type": "volume"}`,
	} {
		rows[`{"mounts": [`+given+`]}`] = `{"mounts": [` + want + `]}`
	}
	rows[`{"mounts": []}`] = `{}`
	wantContainers(t, rows)
}

func TestEngineObjects(t *testing.T) {
	t.Parallel()
	wantContainers(t, map[string]string{
		`{"ulimits": [{"name": "nofile", "soft": 1, "hard": 2}, {"Name": "core", "Soft": 0, "Hard": null}]}`: `{
			"ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}, {"Name": "core", "Soft": 0}]}`,
		`{"device_requests": [{"driver": "nvidia", "device_ids": ["0"], "capabilities": [["gpu"]], "options": {"a": "b"}, "count": -1}]}`: `{
			"device_requests": [{"Driver": "nvidia", "DeviceIDs": ["0"], "Capabilities": [["gpu"]], "Options": {"a": "b"}, "Count": -1}]}`,
		`{"healthcheck": {"test": "exit 0", "interval": 1}}`:                          `{"healthcheck": {"Test": ["CMD-SHELL", "exit 0"], "Interval": 1}}`,
		`{"healthcheck": {"Test": ["CMD", "true"], "Retries": 2}}`:                    `{"healthcheck": {"Test": ["CMD", "true"], "Retries": 2}}`,
		`{"healthcheck": {"test": ["NONE"], "start_period": 5, "start_interval": 6}}`: `{"healthcheck": {"Test": ["NONE"], "StartPeriod": 5, "StartInterval": 6}}`,
		`{"ulimits": [], "device_requests": null, "healthcheck": null}`:               `{}`,
	})
}
