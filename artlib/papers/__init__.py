"""One folder a paper, the same rooms in each; what the papers print (``printed``)."""
