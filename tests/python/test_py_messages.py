"""What verbose objects say goes to logging, and nothing to standard output."""
import logging


def test_verbose (faiss, data, caplog, capfd):
    with caplog.at_level (logging.INFO, "faiss"):
        km = faiss.Kmeans (24, 12, niter=3, verbose=True)
        km.train (data[0])
    lines = [r.getMessage () for r in caplog.records]
    assert sum ("objective" in line for line in lines) == 3
    assert capfd.readouterr () == ("", "")
    caplog.clear ()
    faiss.Kmeans (24, 100, niter=1, verbose=True).train (data[0])
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    caplog.clear ()
    with caplog.at_level (logging.INFO, "faiss"):
        faiss.Kmeans (24, 12, niter=3).train (data[0])
    assert not caplog.records
