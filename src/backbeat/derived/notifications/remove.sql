DELETE FROM backbeat.acts WHERE blocknumber <= %(upto)s
