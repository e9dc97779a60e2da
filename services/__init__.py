"""Services: what runs beside the pipelines. Webhooks and files enter, envelopes and answers about the views leave.

- `signature_rules`    whether a request was signed by who it says it is from
- `rate_rules`         how often a caller may ask
- `gateway_config`     who may send what, checked; secrets by the names of environment variables
- `request_bodies`     bodies read within limits
- `envelope_requests`  a believed request as an envelope
- `deliveries`         envelopes kept in the landing folder or on a topic
- `gateway`            `sellable gateway`: webhooks in, envelopes out
- `pickup_rules`       which files are whole, safely named, new
- `pickup_config`      which folders are emptied, checked
- `pickup_ledger`      what was taken
- `file_shelves`       a folder here or on an SFTP server
- `pickup`             `sellable pickup`: files in, the same files where the pipeline reads out
- `view_pages`         rows of a view by filters, page by page
- `api_source`         where the API reads: views, master data, policy
- `item_answers`       why an item's figures are what they are, and what lies where
- `order_rules`        whether the lines of one order can be promised together
- `order_checks`       that, for an order as JSON
- `traces`             everything that came of one message
- `tower_report`       what the control tower shows; `tower/` is its page
- `api_document`       the OpenAPI description, made from the table of views
- `api_guard`          tokens, ETags, headers
- `api`                `sellable api`: all of that over HTTP
- `serving`            an application on an address
"""
