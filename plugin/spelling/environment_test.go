package spelling

import "testing"

func TestEnvironment(t *testing.T) {
	t.Parallel()
	wantContainers(t, map[string]string{
		`{"environment": {"A": "1", "B": 2, "C": null, "D": "", "E": "ä", "F": "x=y", "G": true, "H": 0.1}}`: `{
			"environment": ["A=1", "B=2", "C", "D=", "E=ä", "F=x=y", "G=True", "H=0.1"]}`,
		`{"environment": {"A": 1e15, "B": 9007199254740991, "C": -1, "D": 1e-7}}`: `{
			"environment": ["A=1000000000000000", "B=9007199254740991", "C=-1", "D=1e-07"]}`,
		`{"environment": ["Z=1=2", "A", "Z=3"]}`:         `{"environment": ["Z=3", "A"]}`,
		`{"environment": {}, "private_environment": {}}`: `{}`,
		`{"environment": {"A": 1, "B": 1}, "private_environment": {"B": 2, "C": null}}`: `{
			"environment": ["A=1"], "private_environment": ["B=2", "C"]}`,
		`{"env_file": ""}`: `{}`,
		`{"env_file": "Z=1\nA=2\nN\nS=3", "environment": {"A": 4, "B": 5}, "private_environment": {"S": 6}}`: `{
			"environment": ["Z=1", "A=4", "N", "B=5"], "private_environment": ["S=6"]}`,
		`{"env_file": "A=${HOME}\nB=${NONE:-x}\nC=${N}", "env_file_variables": {"HOME": "/h", "N": 5}}`: `{
			"environment": ["A=/h", "B=x", "C=5"]}`,
		`{"env_file_variables": {"HOME": "/h"}}`: `{}`,
	})
}

func TestTemporaryFolder(t *testing.T) {
	t.Parallel()
	const volume = `"mounts": [{"Type": "volume", "Target": "/tmp/airflow"}]`
	wantContainers(t, map[string]string{
		`{"mount_tmp_dir": true}`:                                                       `{"environment": ["AIRFLOW_TMP_DIR=/tmp/airflow"], ` + volume + `}`,
		`{"mount_tmp_dir": true, "host_tmp_dir": "", "tmp_dir": ""}`:                    `{"environment": ["AIRFLOW_TMP_DIR=/tmp/airflow"], ` + volume + `}`,
		`{"mount_tmp_dir": false, "tmp_dir": "/t", "host_tmp_dir": "/h"}`:               `{}`,
		`{"tmp_dir": "/t", "host_tmp_dir": "/h"}`:                                       `{}`,
		`{"environment": {"AIRFLOW_TMP_DIR": "/mine"}}`:                                 `{"environment": ["AIRFLOW_TMP_DIR=/mine"]}`,
		`{"mount_tmp_dir": false, "environment": {"A": 1, "AIRFLOW_TMP_DIR": "/mine"}}`: `{"environment": ["A=1"]}`,
		`{"mount_tmp_dir": false, "env_file": "AIRFLOW_TMP_DIR=/file"}`:                 `{"environment": ["AIRFLOW_TMP_DIR=/file"]}`,
		`{"mount_tmp_dir": true, "env_file": "AIRFLOW_TMP_DIR=/f", "environment": {"AIRFLOW_TMP_DIR": "/m"}}`: `{
			"environment": ["AIRFLOW_TMP_DIR=/tmp/airflow"], ` + volume + `}`,
		`{"mount_tmp_dir": true, "private_environment": {"AIRFLOW_TMP_DIR": "/p"}}`: `{"private_environment": ["AIRFLOW_TMP_DIR=/p"], ` + volume + `}`,
		`{"mount_tmp_dir": true, "tmp_dir": "/t", "host_tmp_dir": "/h/x", "mounts": [{"Target": "/m"}]}`: `{
			"environment": ["AIRFLOW_TMP_DIR=/t"], "mounts": [{"Target": "/m"}, {"Type": "bind", "Source": "/h/x", "Target": "/t"}]}`,
	})
}
