-- Holds the paused queues, and lets go of those whose pause is to end and can.
select :EXTENSION_SCHEMA.settle_queues()::text
