"""The benchmark inside the product: how well recall finds, how fast operations are, and a gate on what they cost.

Everything measured goes through `App.call`, the way users go, on stores in temporary homes of their own; the store of
the user is never opened. Quality is counted in questions, speed is told beside the floor of raw SQLite on the same rows,
and the gate compares counts that no clock can disturb.
"""
