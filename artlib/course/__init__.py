"""The course: from the session pages of the book to what a class needs, and back from its submissions to marks.

- ``checks``: is an answer right, and if not, what would a good teacher say (standard library only);
- ``lessons``: a session page of ``book/teaching`` as student's, instructor's and nbgrader's notebooks;
- ``slides``, ``sheet``: the same as slides, and a sheet of pictures to print and sort by eye;
- ``pack``: everything for a class in one folder, which needs no network;
- ``fence``, ``run_cells``: strangers' code executed apart;
- ``chapters``: exercises of a chapter, in a reader's own copy;
- ``grade``: submissions to marks and a page for each;
- ``compare``: one's own runs beside the book's records.
"""
