"""Services: what runs beside the pipelines. Webhooks and files enter, envelopes and answers about the views leave.

- `signature_rules`    whether a request was signed by who it says it is from
- `rate_rules`         how often a caller may ask
- `gateway_config`     who may send what, checked; secrets by the names of environment variables
- `request_bodies`     bodies read within limits
- `envelope_requests`  a believed request as an envelope
- `deliveries`         envelopes kept in the landing folder or on a topic
- `gateway`            `sellable gateway`: webhooks in, envelopes out
- `serving`            an application on an address
"""
