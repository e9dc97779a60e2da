"""The example company, made: a seed and a script enter; master data, one day of raw messages and its books leave.

- `catalog`        items, units, lots, listings and every code that a partner uses for them
- `books`          what truly happened that day, added up plainly: positions, claims, what an ERP would report
- `mailbag`        messages into files that are named by when they arrived, each with the outcome it must have
- `company`        books and mailbag together: one method for each thing that can happen in this company
- `wms_shapes`     what the two warehouse systems write
- `x12_shapes`     what the 3PL writes
- `channel_shapes` what shop, marketplace, portal, retailer and returns desk write
- `erp_shapes`     what the two ERPs write
- `routine`        the ordinary day, drawn from a seed
- `story`          the part of the day that is told line by line in the project's README, and the other scripted trade
- `partners`       the smaller sources: the samples of their mappings, as they come on this day
- `traps`          everything that goes wrong
"""
