"""Makes the files beside it, which ParquetTest reads: python3 make.py, with pyarrow."""
import os
import pyarrow as pa
import pyarrow.parquet as pq

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def write(path, columns, **options):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)


def cola(name, texts, labels, first, **options):
    write(f"glue/cola/{name}.parquet", {"sentence": texts, "label": pa.array(labels, pa.int64()),
                                        "idx": pa.array(range(first, first + len(texts)), pa.int32())}, **options)


def pairs(name, first, second, labels, kind, **options):
    write(f"glue/{name}.parquet", {first: ["It rains."] * len(labels), second: ["It is wet.", "It is\ndry."][:len(labels)],
                                   "label": pa.array(labels, kind), "idx": pa.array(range(len(labels)), pa.int32())}, **options)


# As the hub lays GLUE out; snappy is its compression.
cola("train-00000-of-00002", ["Birds sing.", "Birds sings."], [1, 0], 0)
cola("train-00001-of-00002", ["Ça va, 世界 😀\t?"], [1], 2, compression="zstd")
cola("validation-00000-of-00001", ["Fish swim."], [1], 0, compression="gzip")
cola("test-00000-of-00001", ["Who knows?"], [-1], 0, compression="none")
pairs("mnli/validation_matched-00000-of-00001", "premise", "hypothesis", [0, 2], pa.int64())
pairs("mnli/validation_mismatched-00000-of-00001", "premise", "hypothesis", [1], pa.int64())
pairs("stsb/validation-00000-of-00001", "sentence1", "sentence2", [3.8, 0], pa.float32())
pairs("rte/validation-00000-of-00001", "sentence1", "sentence2", [0, -1], pa.int64())

# Other ways to write a file.
def own(rows):
    return {"id": [f"n{i}" for i in range(rows)], "text": [f"Text {i % 7}" for i in range(rows)],
            "stars": [i % 3 for i in range(rows)], "good": [i % 2 == 0 for i in range(rows)]}


write("own.parquet", own(300), row_group_size=100, data_page_size=64, write_batch_size=10)
write("own-v2.parquet", own(20), data_page_version="2.0", version="2.6", use_dictionary=False,
      column_encoding={"text": "DELTA_BYTE_ARRAY", "stars": "DELTA_BINARY_PACKED", "id": "DELTA_LENGTH_BYTE_ARRAY"})
odd = {"text": ["a"], "list": [["a"]], "nothing": pa.array([None], pa.string()), "bytes": [b"a"],
       "day": pa.array([1], pa.date32()), "latin": pa.Array.from_buffers(
           pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xe9")])}
write("odd.parquet", odd)
write("brotli.parquet", {"text": ["a"]}, compression="brotli")
