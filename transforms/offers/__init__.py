"""Offers: the books of an item enter, what each channel may sell of it leaves, with the chain that leads there.

- `availability_rules`  what a named definition counts at each location: dispositions and lots; where claims come off
- `free_rules`          what of that a channel could draw, after claims and safety stock, with expected supply
- `allocation_rules`    pools: who may draw on what is free, so that no two promises count the same unit
- `channel_rules`       buffer, threshold, cap, blackout, whole sell units: from a pool to the figure a channel is told
- `kit_offers`          the same for kits, from what their components leave
- `offer_rules`         all of it for one item and every channel that lists it
- `doubt_rules`         what may be told while nobody vouches for the stock: held, then a floor
- `promise_rules`       what a channel may promise for each day, where its definition leans on expected supply
- `update_rules`        an offer as a row that explains itself; what a channel must be told
- `signal_rules`        a figure that crosses a threshold: in stock, low, out
- `clock_rules`         when the clock alone can next change what channels are told of an item
- `lot_rules`           which lots to pick a quantity from: first expired, first out
- `offers`              `DeriveAvailability`, the transform around them
- `updates`             `DetectChanges`: only what differs from the last figure told
"""
