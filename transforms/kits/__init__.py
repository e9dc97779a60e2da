"""Kits: canonical events enter, the same events leave with the components that they really move.

- `kit_rules`  bills of materials of several levels, exploded; families of items; kits from components
- `home_rules` where the books of kits stay when bills change while a job runs
- `kits`       `ExplodeKits`, the transform around them
"""
