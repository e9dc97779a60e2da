"""Kits: canonical events enter, the same events leave with the components that they really move.

- `kit_rules`  bills of materials of several levels, exploded; families of items; kits from components
- `kits`       `ExplodeKits`, the transform around them
"""
