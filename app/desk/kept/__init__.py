"""What is kept beside the dialogs: the journal, bulk runs, views, settings, snapshots; and until when."""
