package spelling

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/docker/go-units"
	"google.golang.org/protobuf/types/known/structpb"
)

var (
	health        = spelling[*structpb.Struct]{"an object (HealthConfig of the Engine API)", healthOf}
	engineObjects = spelling[[]*structpb.Struct]{"a list of objects of the Engine API", listOf(engineObject)}
	mounts        = spelling[[]*structpb.Struct]{"a list of objects (Mount of the Engine API, or docker-py's arguments for it)", listOf(mountOf)}
)

// unlikeEngine are docker-py's arguments that the Engine API spells otherwise, and
// not only with a capital.
var unlikeEngine = map[string]string{"device_ids": "DeviceIDs", "start_period": "StartPeriod", "start_interval": "StartInterval"}

func listOf[T any](convert func(any) (T, error)) func(any) ([]T, error) {
	return func(value any) ([]T, error) {
		list, err := as[[]any](value)
		if err != nil {
			return nil, err
		}
		return each(list, convert)
	}
}

// engineObject is an object of the Engine API, whose members may be docker-py's
// arguments.
func engineObject(value any) (*structpb.Struct, error) {
	given, err := as[map[string]any](value)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	for name, item := range given {
		if item == nil || name == "" {
			continue
		}
		spelled, known := unlikeEngine[name]
		if !known {
			spelled = strings.ToUpper(name[:1]) + name[1:]
		}
		members[spelled] = item
	}
	return structpb.NewStruct(members)
}

// healthOf takes a test that is text for a shell command.
func healthOf(value any) (*structpb.Struct, error) {
	check, err := engineObject(value)
	if err != nil {
		return nil, err
	}
	if test, isText := check.GetFields()["Test"].GetKind().(*structpb.Value_StringValue); isText {
		check.Fields["Test"], err = structpb.NewValue([]any{"CMD-SHELL", test.StringValue})
	}
	return check, err
}

// mountPlaces are where the arguments of docker-py's Mount go in the Engine's.
var mountPlaces = map[string][2]string{
	"target":        {"", "Target"},
	"source":        {"", "Source"},
	"type":          {"", "Type"},
	"read_only":     {"", "ReadOnly"},
	"consistency":   {"", "Consistency"},
	"propagation":   {"BindOptions", "Propagation"},
	"no_copy":       {"VolumeOptions", "NoCopy"},
	"labels":        {"VolumeOptions", "Labels"},
	"driver_config": {"VolumeOptions", "DriverConfig"},
	"subpath":       {"VolumeOptions", "Subpath"},
	"tmpfs_size":    {"TmpfsOptions", "SizeBytes"},
	"tmpfs_mode":    {"TmpfsOptions", "Mode"},
}

// mountOf leaves a mount of the Engine API as it is.
func mountOf(value any) (*structpb.Struct, error) {
	given, err := as[map[string]any](value)
	if err != nil {
		return nil, err
	}
	if _, isEngines := given["Target"]; isEngines {
		return structpb.NewStruct(given)
	}
	mount := map[string]any{"Type": "volume"}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		place, known := mountPlaces[name]
		if !known {
			return nil, fmt.Errorf("%q is not one of %s", name, strings.Join(slices.Sorted(maps.Keys(mountPlaces)), ", "))
		}
		item := given[name]
		if item == nil || item == false || item == "" {
			continue
		}
		if name == "tmpfs_size" {
			if item, err = bytesOf(item); err != nil {
				return nil, err
			}
		}
		into := mount
		if outer := place[0]; outer != "" {
			if mount[outer] == nil {
				mount[outer] = map[string]any{}
			}
			into = mount[outer].(map[string]any)
		}
		into[place[1]] = item
	}
	return structpb.NewStruct(mount)
}

func bytesOf(value any) (any, error) {
	if given, err := as[float64](value); err == nil {
		return math.Trunc(given), nil
	}
	written, _ := value.(string)
	bytes, err := units.RAMInBytes(written)
	if err != nil {
		return nil, fmt.Errorf("tmpfs_size %q is no size such as 64m or 67108864", written)
	}
	return float64(bytes), nil
}
