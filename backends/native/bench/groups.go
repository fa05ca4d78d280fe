// This file reads how large the engine's groups are, from its metrics.

package bench

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// engineGroups are the groups of an engine.
type engineGroups struct{ registry *prometheus.Registry }

// groupMetric is the engine's histogram of the requests that one commit answers.
const groupMetric = "sfc_engine_group_requests"

func (g engineGroups) groups() (commits, requests float64, err error) {
	all, err := g.registry.Gather()
	if err != nil {
		return 0, 0, err
	}
	for _, family := range all {
		if family.GetName() == groupMetric {
			h := family.GetMetric()[0].GetHistogram()
			return float64(h.GetSampleCount()), h.GetSampleSum(), nil
		}
	}
	return 0, 0, fmt.Errorf("the engine has no metric %s", groupMetric)
}

// measuredEngine and measuredServer are ways to one engine.
type (
	measuredEngine struct {
		inProcess
		engineGroups
	}
	measuredServer struct {
		*server
		engineGroups
	}
)
