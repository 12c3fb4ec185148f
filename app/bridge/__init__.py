"""What systems that still send are heard through: messages in, plain values out. Pure: no clock, no I/O.

`message` reads the MedCom frame, `hospital_notification` what it says, `stays` what follows from it,
`acknowledgement` what the sender is told, `delivery_report` what a municipal care system already builds for KL.
See docs/messages.md.
"""
