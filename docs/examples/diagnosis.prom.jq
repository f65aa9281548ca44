# cnitui diagnose -o json | jq -rf diagnosis.prom.jq: the diagnosis as metrics, in the text format of Prometheus.
# Labels are cnitui's own words, so nothing that a cluster wrote is in them.
"# HELP cnitui_status 1 for the status of the last diagnosis.",
"# TYPE cnitui_status gauge",
(.status as $is | ("healthy", "failing", "undetermined") | "cnitui_status{status=\"\(.)\"} \(if . == $is then 1 else 0 end)"),
"# HELP cnitui_failing_nodes Nodes on which calico-node fails.",
"# TYPE cnitui_failing_nodes gauge",
"cnitui_failing_nodes \([.groups[].nodes[]] | length)",
"# HELP cnitui_cause_nodes Nodes that were read and on which a cause is confirmed or likely.",
"# TYPE cnitui_cause_nodes gauge",
([.causes[] | select(.verdict == "confirmed" or .verdict == "likely")] | group_by([.id, .verdict])[]
  | "cnitui_cause_nodes{cause=\"\(.[0].id)\",verdict=\"\(.[0].verdict)\"} \([.[].nodes | length] | add)")
