"""The slice: what an agent should know now, cut to an exact budget. One engine finds, which is recall's; here it is put together.

picks      what may be shown, each with the true cause of its being there
gathered   reading them from the store: what stands, what the question finds, what the files are named in
continuity what a conversation holds already, and what of that does not hold any more
cut        which of them fit, in which order
text       how they are written: Markdown, JSON, TOON
deltas     changes that follow from them, precisely or not at all
slicing    the operation
"""
