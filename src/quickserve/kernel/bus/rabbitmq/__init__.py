"""The bus on RabbitMQ: what is where, and why, is in docs/adr/0006-rabbitmq.md."""
