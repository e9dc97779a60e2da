"""Pipelines: they wire transforms and decide nothing; beside them, what people type and read.

- `command_line`     `sellable run`, `summary`, `explain`, `rows`, `dry-run`, `validate`, and the services beside them
- `command_defaults` what commands share: exit codes, usual paths
- `contract_checks`  published schemas and files of services, checked
- `contracts_page`   docs/contracts.md, made from the files themselves
- `service_commands` `sellable gateway`, `sellable api`
- `options`          the flags of a run, checked
- `inventory_sync`   the main job
- `progress`         a line every few seconds while it runs
- `balance_rules`    whether every message and event ended exactly once
- `run_report`       what the views say of a run
- `summary`          that, for people
- `item_report`      what the views say of an item
- `message_excerpt`  the beginning of a message as it arrived
- `explaining`       that, for people
- `view_rows`        the first rows of a view, for people
- `view_stock`       the stock of every item as the views hold it
- `dry_run`          what every channel would be told by another policy
- `replay_rules`     which refused messages could be used now, and what they would move
- `replaying`        `sellable replay`: those sent again, or shown
- `reconcile_rules`  drift by place and cause, and the counts that end it
- `reconciling`      `sellable reconcile`: that, for people
- `repair_commands`  how these are typed
- `validating`       mappings, master data and policy, checked before anything runs
- `yaml_transforms`  every transform for Beam YAML, made from plain values; `providers.yaml` names them
- `yaml_rows`        between our records and the rows of Beam YAML's own transforms
- `planned_stock`    a demand planner's safety stock as rules of a policy that is to come
- `terminal_text`    text from outside that a terminal cannot obey
"""
