"""The clock of what the caller has heard: samples sent, marks that came back, sentences cut.

Pure: no I/O, and time comes in as an argument. A mark's name holds the epoch, so that a mark
returned by `clear` can't count as heard.
"""
