"""Asks semble, without its weights (alpha 0: words and its rules alone), questions about one folder.

    python semble_search.py FOLDER QUESTIONS     a line {"id", "text"} a question in, a line {"id", "places"} out
"""

import json
import sys

import numpy as np
from semble.index import index as semble_index

# Results of a question: the evaluation looks at ten places, and at the files of the rest.
RESULTS = 50


class NoWeights:
    """Stands for the vectors, which alpha 0 leaves out: the package does not bring them."""

    dim = 2

    def encode(self, texts, **_):
        """[N, 2], all alike."""
        return np.ones((len(texts), self.dim), dtype=np.float32)


semble_index.load_model = lambda path=None: (NoWeights(), "none")
semble_index.get_validated_cache = lambda *_: None
semble_index.load_previous_for_incremental = lambda *_: None
semble_index.save_search_stats = lambda *_: None


def main() -> None:
    folder, questions = sys.argv[1:]
    index = semble_index.SembleIndex.from_path(folder)
    with open(questions, encoding="utf-8") as lines:
        for line in lines:
            question = json.loads(line)
            found = index.search(question["text"], top_k=RESULTS, alpha=0.0)
            places = [
                {"path": chunk.file_path, "start": chunk.start_line, "end": chunk.end_line}
                for chunk in (result.chunk for result in found)
            ]
            print(json.dumps({"id": question["id"], "places": places}))


if __name__ == "__main__":
    main()
