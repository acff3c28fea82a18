import shutil, sqlite3, sys

shutil.copytree("kept", ".terrace", dirs_exist_ok=True)
record = sqlite3.connect(".terrace/state.db")
changed = sum(record.execute(statement).rowcount for statement in sys.argv[1:])
record.commit()
record.close()
print("rows changed:", "some" if changed > 0 else "none")
