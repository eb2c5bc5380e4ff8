"""The whole system on one machine: template.yaml deployed into ministack, an AWS emulator, on loopback."""
